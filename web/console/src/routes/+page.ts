import { okta, type Dashboard } from '$lib/okta';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, depends }) => {
  depends('console:dashboard');
  const part = import('$lib/dashboard/Dashboard.svelte');
  await parent();
  const [{ default: Shown }, dashboard] = await Promise.all([
    part,
    okta.get<Dashboard>('/admin/api/dashboard'),
  ]);
  return { Dashboard: Shown, dashboard };
};
