// Filter and sort stand in the address, so that a link, the history and a reload show the same list.

import { goto } from '$app/navigation';
import { page } from '$app/state';

/** Changes some of the address's query; an empty value takes it out. The place on the page stays. */
export function setQuery(changes: Record<string, string>, replace = true): Promise<void> {
  const url = new URL(page.url);
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return goto(url, { replaceState: replace, keepFocus: true, noScroll: true });
}

/** The query's values that a list sends on; those that are absent are left out. Which of them make sense the server says. */
export function listQuery<Query extends object>(url: URL, ...names: (keyof Query & string)[]): Query {
  const values = names.flatMap((name) => {
    const value = url.searchParams.get(name);
    return value ? [[name, value]] : [];
  });
  return Object.fromEntries(values) as Query;
}
