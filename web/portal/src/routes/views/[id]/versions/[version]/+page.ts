import { error } from '@sveltejs/kit';
import { api, unwrap } from '$lib/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, params }) => {
  void import('$lib/views/editor');
  const version = Number(params.version);
  if (!Number.isInteger(version) || version < 1) error(404);
  await parent();
  const path = { id: params.id, version };
  return { view: await unwrap(api.GET('/api/v1/views/{id}/versions/{version}', { params: { path } })) };
};
