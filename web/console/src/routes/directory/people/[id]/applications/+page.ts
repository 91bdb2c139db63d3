import { okta, path, quoted, withQuery, type Application } from '$lib/okta';
import type { PageLoad } from './$types';

const PAGE_ROWS = 50;

export const load: PageLoad = async ({ parent, depends }) => {
  depends('console:person-applications');
  // The filter knows ids alone, and the address may hold a user name.
  const { user } = await parent();
  const query = { filter: `user.id eq ${quoted(user.id)}`, expand: `user/${user.id}`, limit: PAGE_ROWS };
  return { list: await okta.list<Application>(withQuery(path`/api/v1/apps`, query)) };
};
