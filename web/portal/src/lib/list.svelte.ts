// A list of a page: its first part comes from the page's load, the rest by "Show more".
// Invariants: when the first part is loaded anew, what was added to the old one is dropped; no row stands twice.

import { isAbort, problemOf, type Problem } from '@webreports/ui/problem';
import type { List } from '$lib/api';

export class MoreOf<Item extends { id: string }> {
  busy = $state(false);
  problem = $state<Problem>();
  #further = $state.raw<{ of: List<Item>; items: Item[]; next: string | null }>();
  readonly #first: () => List<Item>;
  readonly #load: (after: string) => Promise<List<Item>>;

  constructor(first: () => List<Item>, load: (after: string) => Promise<List<Item>>) {
    this.#first = first;
    this.#load = load;
  }

  get items(): Item[] {
    const first = this.#first();
    return this.#further?.of === first ? [...first.items, ...this.#further.items] : first.items;
  }

  get next(): string | null {
    const first = this.#first();
    return this.#further?.of === first ? this.#further.next : first.next;
  }

  more = async (): Promise<void> => {
    const of = this.#first();
    const next = this.next;
    if (!next || this.busy) return;
    this.busy = true;
    this.problem = undefined;
    try {
      const list = await this.#load(next);
      const before = this.#further?.of === of ? this.#further.items : [];
      const known = new Set([...of.items, ...before].map(({ id }) => id));
      const items = [...before, ...list.items.filter(({ id }) => !known.has(id))];
      this.#further = { of, items, next: list.next };
    } catch (thrown) {
      if (!isAbort(thrown)) this.problem = problemOf(thrown);
    } finally {
      this.busy = false;
    }
  };
}
