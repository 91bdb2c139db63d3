import { okta, path, type User } from '$lib/okta';
import type { LayoutLoad } from './$types';

export const load: LayoutLoad = async ({ params, parent, depends }) => {
  depends('console:person');
  await parent();
  return { user: await okta.get<User>(path`/api/v1/users/${params.id}`) };
};
