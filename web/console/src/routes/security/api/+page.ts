import { okta, path, type AuthorizationServer } from '$lib/okta';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, depends }) => {
  depends('console:servers');
  await parent();
  return { list: await okta.list<AuthorizationServer>(path`/api/v1/authorizationServers`) };
};
