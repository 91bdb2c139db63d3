import { okta, path, withQuery, type User } from '$lib/okta';
import { peopleSearch } from '$lib/people/search';
import type { PageLoad } from './$types';

const PAGE_ROWS = 50;

export const load: PageLoad = async ({ parent, url, depends }) => {
  depends('console:people');
  const q = url.searchParams.get('q') ?? '';
  const status = url.searchParams.get('status') ?? '';
  const sort = url.searchParams.get('sort') ?? 'lastName';
  await parent();
  const column = sort.replace(/^-/, '');
  const list = await okta.list<User>(
    withQuery(path`/api/v1/users`, {
      search: peopleSearch(q, status),
      sortBy: ['status', 'created'].includes(column) ? column : `profile.${column}`,
      sortOrder: sort.startsWith('-') ? 'desc' : 'asc',
      limit: PAGE_ROWS,
    }),
  );
  return { list, q, status, sort };
};
