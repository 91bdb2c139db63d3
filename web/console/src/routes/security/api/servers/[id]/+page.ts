import { keysOf } from '$lib/servers/servers';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends }) => {
  depends('console:server-keys');
  await parent();
  return { keys: await keysOf(params.id) };
};
