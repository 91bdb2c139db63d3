// All of a short list that a form chooses from: roles, connection profiles, Views.

import type { List } from '$lib/api';

/** The server's largest page. */
const PAGE_ROWS = 500;
/** A list of more is not chosen from but searched; what lies beyond is not offered. */
const PAGES_MAX = 10;

export async function everything<Item>(
  load: (query: { limit: number; after?: string }) => Promise<List<Item>>,
): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const list = await load({ limit: PAGE_ROWS, ...(after ? { after } : {}) });
    items.push(...list.items);
    if (!list.next) break;
    after = list.next;
  }
  return items;
}
