import { readServer } from '$lib/servers/servers';
import type { LayoutLoad } from './$types';

export const load: LayoutLoad = async ({ params, parent, depends }) => {
  depends('console:server');
  await parent();
  return { server: await readServer(params.id) };
};
