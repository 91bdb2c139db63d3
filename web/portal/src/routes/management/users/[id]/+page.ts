import { api, unwrap } from '$lib/api';
import { everything } from '$lib/everything';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, params, depends }) => {
  depends('people:one');
  const path = { id: params.id };
  await parent();
  const [person, fields, roles] = await Promise.all([
    unwrap(api.GET('/api/v1/people/{id}', { params: { path } })),
    everything((query) => unwrap(api.GET('/api/v1/defined-fields', { params: { query } }))),
    everything((query) => unwrap(api.GET('/api/v1/roles', { params: { query } }))),
  ]);
  return { person, fields, roles };
};
