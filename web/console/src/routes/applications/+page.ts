import { okta, path, quoted, withQuery, type Application } from '$lib/okta';
import type { PageLoad } from './$types';

const PAGE_ROWS = 50;

export const load: PageLoad = async ({ parent, url, depends }) => {
  depends('console:applications');
  const q = (url.searchParams.get('q') ?? '').trim();
  const status = url.searchParams.get('status') ?? '';
  await parent();
  const filter = status ? `status eq ${quoted(status)}` : undefined;
  return {
    list: await okta.list<Application>(withQuery(path`/api/v1/apps`, { q, filter, limit: PAGE_ROWS })),
    q,
    status,
  };
};
