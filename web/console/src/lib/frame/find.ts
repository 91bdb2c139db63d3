// What Ctrl-K finds on the server: people, groups and applications by the beginning of a word.

import AppWindow from '@lucide/svelte/icons/app-window';
import UserRound from '@lucide/svelte/icons/user-round';
import UsersRound from '@lucide/svelte/icons/users-round';
import type { Command } from '@webreports/ui/navigation';
import { okta, path, quoted, withQuery, type Application, type Group, type User } from '$lib/okta';
import { nameOf } from '$lib/people/people';
import { peopleSearch } from '$lib/people/search';
import { places } from '$lib/places';
import { session, type Right } from '$lib/session/session.svelte';

const FOUND_MAX = 5;

export async function find(typed: string, signal: AbortSignal): Promise<Command[]> {
  const ask = <Item>(right: Right, to: string): Promise<Item[]> =>
    session.may(right) ? okta.get<Item[]>(to, { signal }) : Promise.resolve([]);
  const search = `profile.name co ${quoted(typed)}`;
  const [people, groups, applications] = await Promise.all([
    ask<User>(
      'people.read',
      withQuery(path`/api/v1/users`, { search: peopleSearch(typed, ''), limit: FOUND_MAX }),
    ),
    ask<Group>('groups.read', withQuery(path`/api/v1/groups`, { search, limit: FOUND_MAX })),
    ask<Application>('apps.read', withQuery(path`/api/v1/apps`, { q: typed, limit: FOUND_MAX })),
  ]);
  return [
    ...people.map((user) => ({
      id: `person-${user.id}`,
      label: nameOf(user),
      group: 'People',
      icon: UserRound,
      note: user.profile.login,
      href: places.person(user.id),
    })),
    ...groups.map((group) => ({
      id: `group-${group.id}`,
      label: group.profile.name,
      group: 'Groups',
      icon: UsersRound,
      href: places.group(group.id),
    })),
    ...applications.map((app) => ({
      id: `application-${app.id}`,
      label: app.label,
      group: 'Applications',
      icon: AppWindow,
      href: places.application(app.id),
    })),
  ];
}
