import { schemaIdOf, userSchema } from '$lib/people/schemas';
import { okta, path, type UserType } from '$lib/okta';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends, url }) => {
  depends('console:schema');
  await parent();
  const type = await okta.get<UserType>(path`/api/v1/meta/types/user/${params.type}`);
  const schemaId = schemaIdOf(type);
  return {
    type,
    schemaId,
    schema: await userSchema(schemaId),
    q: (url.searchParams.get('q') ?? '').trim(),
    kind: url.searchParams.get('kind') ?? '',
  };
};
