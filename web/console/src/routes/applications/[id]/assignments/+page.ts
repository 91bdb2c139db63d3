import {
  okta,
  path,
  withQuery,
  type ApplicationGroup,
  type ApplicationUser,
  type Group,
  type Page,
  type User,
} from '$lib/okta';
import type { PageLoad } from './$types';

const PAGE_ROWS = 50;

export const load: PageLoad = async ({ params, parent, url, depends }) => {
  depends('console:application-assignments');
  const groups = url.searchParams.get('of') === 'groups';
  await parent();
  return groups
    ? { groups: await groupsOf(params.id), people: undefined }
    : { people: await peopleOf(params.id), groups: undefined };
};

async function peopleOf(app: string): Promise<Page<ApplicationUser>> {
  const page = await okta.list<ApplicationUser>(
    withQuery(path`/api/v1/apps/${app}/users`, { expand: 'user', limit: PAGE_ROWS }),
  );
  return { ...page, items: await Promise.all(page.items.map(withUser)) };
}

async function groupsOf(app: string): Promise<Page<ApplicationGroup>> {
  const page = await okta.list<ApplicationGroup>(
    withQuery(path`/api/v1/apps/${app}/groups`, { expand: 'group', limit: PAGE_ROWS }),
  );
  return { ...page, items: await Promise.all(page.items.map(withGroup)) };
}

/** The list names people by ids; where the org did not embed them they are read. */
async function withUser(assigned: ApplicationUser): Promise<ApplicationUser> {
  if (assigned._embedded?.user) return assigned;
  return { ...assigned, _embedded: { user: await okta.get<User>(path`/api/v1/users/${assigned.id}`) } };
}

async function withGroup(assigned: ApplicationGroup): Promise<ApplicationGroup> {
  if (assigned._embedded?.group) return assigned;
  return { ...assigned, _embedded: { group: await okta.get<Group>(path`/api/v1/groups/${assigned.id}`) } };
}
