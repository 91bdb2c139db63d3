// A list of a page: its first part comes from the page's load, the rest by "Show more".
// Invariants: when the first part is loaded anew, what was added to the old one is dropped; no row stands twice.

import { isAbort, problemOf, type Problem } from './problem';

/** One answer of a list: its rows, and what to ask for the next ones with. */
export interface Part<Item> {
  items: Item[];
  next?: string | null;
}

export class MoreOf<Item> {
  busy = $state(false);
  problem = $state<Problem>();
  #further = $state.raw<{ of: Part<Item>; items: Item[]; next?: string | null }>();
  readonly #first: () => Part<Item>;
  readonly #load: (after: string) => Promise<Part<Item>>;

  constructor(first: () => Part<Item>, load: (after: string) => Promise<Part<Item>>) {
    this.#first = first;
    this.#load = load;
  }

  get items(): Item[] {
    const first = this.#first();
    return this.#further?.of === first ? [...first.items, ...this.#further.items] : first.items;
  }

  get next(): string | null | undefined {
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
      const known = new Set([...of.items, ...before].map(identity));
      const items = [...before, ...list.items.filter((item) => !known.has(identity(item)))];
      this.#further = { of, items, next: list.next };
    } catch (thrown) {
      if (!isAbort(thrown)) this.problem = problemOf(thrown);
    } finally {
      this.busy = false;
    }
  };
}

/** A row without an id is the same as another only if it is that very object. */
function identity(item: unknown): unknown {
  return (item as { id?: unknown }).id ?? item;
}
