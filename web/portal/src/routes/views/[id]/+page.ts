import { api, unwrap } from '$lib/api';
import { assignedOn, forEditor } from '$lib/views/load';
import type { PageLoad } from './$types';

/** `?from=3` begins the editing with an earlier version. */
export const load: PageLoad = async ({ parent, params, url, depends }) => {
  depends('views:one');
  void import('$lib/views/editor');
  const parts = import('$lib/views/parts');
  const id = params.id;
  const version = Number(url.searchParams.get('from'));
  await parent();
  const [view, from, rest] = await Promise.all([
    unwrap(api.GET('/api/v1/views/{id}', { params: { path: { id } } })),
    Number.isInteger(version) && version > 0
      ? unwrap(api.GET('/api/v1/views/{id}/versions/{version}', { params: { path: { id, version } } }))
      : undefined,
    forEditor(),
  ]);
  return { parts, view, from, preferred: await assignedOn(view), ...rest };
};
