import { attributesOfSchema } from '$lib/people/import/rows';
import { userSchema } from '$lib/people/schemas';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent }) => {
  await parent();
  const [{ default: ImportForm }, schema] = await Promise.all([
    import('$lib/people/import/ImportForm.svelte'),
    userSchema('default'),
  ]);
  return { ImportForm, attributes: attributesOfSchema(schema) };
};
