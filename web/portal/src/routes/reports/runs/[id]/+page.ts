import { api, unwrap } from '$lib/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, params }) => {
  // The grid is on its way while the run is asked for.
  const grid = import('@webreports/ui/Grid.svelte');
  await parent();
  return { grid, run: await unwrap(api.GET('/api/v1/runs/{id}', { params: { path: { id: params.id } } })) };
};
