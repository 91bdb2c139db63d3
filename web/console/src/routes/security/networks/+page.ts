import { okta, path, withQuery, type Zone } from '$lib/okta';
import type { PageLoad } from './$types';

const PAGE_ROWS = 100;

export const load: PageLoad = async ({ parent, depends }) => {
  depends('console:zones');
  await parent();
  return { list: await okta.list<Zone>(withQuery(path`/api/v1/zones`, { limit: PAGE_ROWS })) };
};
