import { okta, path, type UserType } from '$lib/okta';
import { schemaIdOf, userSchema } from '$lib/people/schemas';
import type { Attribute } from '$lib/profiles/attributes';
import { session } from '$lib/session/session.svelte';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent }) => {
  const { user } = await parent();
  const custom = session.may('schemas.read') ? await customAttributes(user.type?.id) : [];
  // A page without custom attributes does not load their fields.
  const fields = custom.length > 0 ? await import('$lib/profiles/CustomFields.svelte') : undefined;
  return { custom, CustomFields: fields?.default };
};

async function customAttributes(typeId: string | undefined): Promise<Attribute[]> {
  const type = await okta.get<UserType>(path`/api/v1/meta/types/user/${typeId ?? 'default'}`);
  const { definitions } = await userSchema(schemaIdOf(type));
  return Object.entries(definitions.custom?.properties ?? {}).map(([name, schema]) => ({
    name,
    schema,
    custom: true,
  }));
}
