// People who may be named as publishers of a connection profile.

import { api, unwrap, type Person, type Role } from '$lib/api';
import { everything } from '$lib/everything';

/** Empty when they can't be seen: who may configure need not manage users. */
export async function publishers(): Promise<Person[]> {
  try {
    const [people, roles] = await Promise.all([
      everything((query) => unwrap(api.GET('/api/v1/people', { params: { query } }))),
      everything((query) => unwrap(api.GET('/api/v1/roles', { params: { query } }))),
    ]);
    const publishing = new Set(
      roles.filter(({ permissions }: Role) => permissions.includes('publish')).map(({ name }) => name),
    );
    return people.filter((person) => person.roles.some((role) => publishing.has(role)));
  } catch {
    return [];
  }
}
