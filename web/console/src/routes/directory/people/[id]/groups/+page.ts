import { okta, path, type Group } from '$lib/okta';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends }) => {
  depends('console:person-groups');
  await parent();
  return { list: await okta.list<Group>(path`/api/v1/users/${params.id}/groups`) };
};
