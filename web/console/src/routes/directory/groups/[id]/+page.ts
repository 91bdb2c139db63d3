import { okta, path, withQuery, type User } from '$lib/okta';
import type { PageLoad } from './$types';

const PAGE_ROWS = 50;

export const load: PageLoad = async ({ params, parent, depends }) => {
  depends('console:group-people');
  await parent();
  return {
    list: await okta.list<User>(withQuery(path`/api/v1/groups/${params.id}/users`, { limit: PAGE_ROWS })),
  };
};
