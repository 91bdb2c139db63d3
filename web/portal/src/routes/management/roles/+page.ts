import { listQuery } from '@webreports/ui/kit';
import { api, unwrap, type QueryOf } from '$lib/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, url, depends }) => {
  depends('roles:list');
  const query = listQuery<QueryOf<'getRoles'>>(url, 'q', 'sort');
  await parent();
  return { list: await unwrap(api.GET('/api/v1/roles', { params: { query } })), query };
};
