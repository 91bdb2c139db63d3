import { okta, type Administrator } from '$lib/okta';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, depends }) => {
  depends('console:administrators');
  await parent();
  return { administrators: await okta.get<Administrator[]>('/admin/api/administrators') };
};
