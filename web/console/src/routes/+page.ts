import { okta, type Dashboard } from '$lib/okta';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, depends }) => {
  depends('console:dashboard');
  await parent();
  return { dashboard: await okta.get<Dashboard>('/admin/api/dashboard') };
};
