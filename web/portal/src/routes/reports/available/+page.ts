import { listQuery } from '@webreports/ui/kit';
import { api, unwrap, type QueryOf } from '$lib/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, url, depends }) => {
  depends('reports:available');
  const query = listQuery<QueryOf<'getAvailable'>>(url, 'q', 'sort');
  await parent();
  return { list: await unwrap(api.GET('/api/v1/available', { params: { query } })), query };
};
