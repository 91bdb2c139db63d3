import { listQuery } from '@webreports/ui/kit';
import { api, unwrap, type QueryOf } from '$lib/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, url, depends }) => {
  depends('reports:completed');
  const query = listQuery<QueryOf<'getRuns'>>(url, 'q', 'state', 'sort');
  await parent();
  return { list: await unwrap(api.GET('/api/v1/runs', { params: { query } })), query };
};
