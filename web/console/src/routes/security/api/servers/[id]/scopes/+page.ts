import { scopesOf } from '$lib/servers/servers';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends }) => {
  depends('console:server-scopes');
  await parent();
  return { scopes: await scopesOf(params.id) };
};
