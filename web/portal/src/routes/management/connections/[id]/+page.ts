import { api, unwrap } from '$lib/api';
import { publishers } from '$lib/management/people';
import type { PageLoad } from './$types';

/** `?test=yes` tests it at once: it was just added. */
export const load: PageLoad = async ({ parent, params, depends }) => {
  depends('connections:one');
  const path = { id: params.id };
  const test = import('$lib/management/ConnectionTest.svelte');
  await parent();
  const [connection, people] = await Promise.all([
    unwrap(api.GET('/api/v1/connections/{id}', { params: { path } })),
    publishers(),
  ]);
  return { test, connection, people };
};
