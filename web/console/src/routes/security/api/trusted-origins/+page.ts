import { okta, path, withQuery, type TrustedOrigin } from '$lib/okta';
import type { PageLoad } from './$types';

const PAGE_ROWS = 100;

export const load: PageLoad = async ({ parent, depends }) => {
  depends('console:origins');
  await parent();
  return {
    list: await okta.list<TrustedOrigin>(withQuery(path`/api/v1/trustedOrigins`, { limit: PAGE_ROWS })),
  };
};
