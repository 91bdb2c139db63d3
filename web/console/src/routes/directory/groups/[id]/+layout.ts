import { okta, path, type Group } from '$lib/okta';
import type { LayoutLoad } from './$types';

export const load: LayoutLoad = async ({ params, parent, depends }) => {
  depends('console:group');
  await parent();
  return { group: await okta.get<Group>(path`/api/v1/groups/${params.id}`) };
};
