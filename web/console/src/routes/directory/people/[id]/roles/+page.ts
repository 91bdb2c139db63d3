import { okta, path, type AdminRole } from '$lib/okta';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends }) => {
  depends('console:person-roles');
  await parent();
  return { roles: await okta.get<AdminRole[]>(path`/api/v1/users/${params.id}/roles`) };
};
