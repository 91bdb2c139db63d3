// Groups: what is asked of the org about them.

import { okta, path, quoted, withQuery, type Group, type Page } from '$lib/okta';

const FOUND_MAX = 30;

/** Groups whose name holds what is typed. */
export function findGroups(typed: string, signal?: AbortSignal): Promise<Page<Group>> {
  const search = typed.trim() ? `profile.name co ${quoted(typed.trim())}` : undefined;
  return okta.list<Group>(withQuery(path`/api/v1/groups`, { search, limit: FOUND_MAX }), { signal });
}

/** Groups that people can be put into: Everyone fills itself, those of a directory are its own. */
export async function findOpenGroups(typed: string, signal?: AbortSignal): Promise<Page<Group>> {
  const page = await findGroups(typed, signal);
  return { ...page, items: page.items.filter(({ type }) => type === 'OKTA_GROUP') };
}

export function addMember(group: string, user: string): Promise<void> {
  return okta.put(path`/api/v1/groups/${group}/users/${user}`);
}

export function removeMember(group: string, user: string): Promise<void> {
  return okta.delete(path`/api/v1/groups/${group}/users/${user}`);
}

/** The group that everybody belongs to. */
export async function everyone(): Promise<Group | undefined> {
  const filter = `type eq ${quoted('BUILT_IN')}`;
  const groups = await okta.get<Group[]>(withQuery(path`/api/v1/groups`, { filter, limit: FOUND_MAX }));
  return groups.find(({ profile }) => profile.name === 'Everyone') ?? groups[0];
}
