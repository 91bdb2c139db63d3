import { api, unwrap } from '$lib/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, depends }) => {
  depends('sign-in:bridge');
  await parent();
  return { bridge: await unwrap(api.GET('/api/v1/bridge')) };
};
