import { listQuery } from '@webreports/ui/kit';
import { api, unwrap, type QueryOf } from '$lib/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, url, depends }) => {
  depends('logs:list');
  const query = listQuery<QueryOf<'getLogs'>>(url, 'q');
  await parent();
  return { list: await unwrap(api.GET('/api/v1/logs', { params: { query } })), query };
};
