// Finding people: the search expression of the list, and one page of people to choose from.

import { okta, path, quoted, withQuery, type Page, type User } from '$lib/okta';

/** Begins-with on name, login and e-mail; everybody when nothing is typed, the deactivated included. */
export function peopleSearch(typed: string, status: string): string {
  const words = typed.trim();
  const parts: string[] = [];
  if (status) parts.push(`status eq ${quoted(status)}`);
  if (words) {
    const attributes = ['firstName', 'lastName', 'login', 'email'];
    const any = (text: string): string =>
      `(${attributes.map((attribute) => `profile.${attribute} sw ${quoted(text)}`).join(' or ')})`;
    // Each word of "Ada Love" has to begin one of them.
    parts.push(...words.split(/\s+/).map(any));
  }
  return parts.join(' and ') || 'profile.login pr';
}

/** One page of people for a choice: who can be given something, so not the deactivated. */
export function findPeople(typed: string, signal?: AbortSignal): Promise<Page<User>> {
  const FOUND_MAX = 30;
  const search = typed.trim() ? peopleSearch(typed, '') : undefined;
  return okta.list<User>(withQuery(path`/api/v1/users`, { search, limit: FOUND_MAX }), { signal });
}
