// A list of a page: its first part comes from the page's load, the rest by "Show more" along the `Link` header.
// Invariant: when the first part is loaded anew, what was added to the old one is dropped.

import { isAbort, problemOf, type Problem } from '@webreports/ui/problem';
import { okta, type Page } from '$lib/okta';

export class MoreOf<Item> {
  busy = $state(false);
  problem = $state<Problem>();
  #further = $state.raw<{ of: Page<Item>; items: Item[]; next: string | undefined }>();
  readonly #first: () => Page<Item>;

  constructor(first: () => Page<Item>) {
    this.#first = first;
  }

  get items(): Item[] {
    const first = this.#first();
    return this.#further?.of === first ? [...first.items, ...this.#further.items] : first.items;
  }

  get next(): string | undefined {
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
      const page = await okta.list<Item>(next);
      const before = this.#further?.of === of ? this.#further.items : [];
      this.#further = { of, items: [...before, ...page.items], next: page.next };
    } catch (thrown) {
      if (!isAbort(thrown)) this.problem = problemOf(thrown);
    } finally {
      this.busy = false;
    }
  };
}
