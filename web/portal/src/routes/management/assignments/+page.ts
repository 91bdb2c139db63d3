import { listQuery } from '@webreports/ui/kit';
import { api, unwrap, type QueryOf } from '$lib/api';
import type { PageLoad } from './$types';

/** `?assign=<id of a View>` opens the dialog for it. */
export const load: PageLoad = async ({ parent, url, depends }) => {
  depends('assignments:list');
  const query = listQuery<QueryOf<'getAssignments'>>(url, 'q', 'sort');
  await parent();
  return { list: await unwrap(api.GET('/api/v1/assignments', { params: { query } })), query };
};
