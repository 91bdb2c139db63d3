import { okta, path, quoted, withQuery, type Group } from '$lib/okta';
import type { PageLoad } from './$types';

const PAGE_ROWS = 50;

export const load: PageLoad = async ({ parent, url, depends }) => {
  depends('console:groups');
  const q = (url.searchParams.get('q') ?? '').trim();
  const sort = url.searchParams.get('sort') ?? 'name';
  await parent();
  const column = sort.replace(/^-/, '');
  const list = await okta.list<Group>(
    withQuery(path`/api/v1/groups`, {
      search: q ? `profile.name co ${quoted(q)} or profile.description co ${quoted(q)}` : 'id pr',
      sortBy: column === 'name' ? 'profile.name' : column,
      sortOrder: sort.startsWith('-') ? 'desc' : 'asc',
      expand: 'stats',
      limit: PAGE_ROWS,
    }),
  );
  return { list, q, sort };
};
