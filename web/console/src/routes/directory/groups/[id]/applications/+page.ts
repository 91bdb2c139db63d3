import { okta, path, withQuery, type Application } from '$lib/okta';
import type { PageLoad } from './$types';

const PAGE_ROWS = 50;

export const load: PageLoad = async ({ params, parent, depends }) => {
  depends('console:group-applications');
  await parent();
  return {
    list: await okta.list<Application>(
      withQuery(path`/api/v1/groups/${params.id}/apps`, { limit: PAGE_ROWS }),
    ),
  };
};
