import { userTypes } from '$lib/people/schemas';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, depends }) => {
  depends('console:types');
  await parent();
  const types = await userTypes();
  return { types: types.sort((a, b) => Number(b.default) - Number(a.default)) };
};
