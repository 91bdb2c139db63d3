import { listRules } from '$lib/groups/rules/rules';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, url, depends }) => {
  depends('console:rules');
  const q = (url.searchParams.get('q') ?? '').trim();
  await parent();
  return { list: await listRules(q), q };
};
