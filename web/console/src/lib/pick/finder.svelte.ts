// Searches while one types: waits a moment, drops answers that come too late, and goes on by the `Link` header.

import { untrack } from 'svelte';
import { isAbort, problemOf, type Problem } from '@webreports/ui/problem';
import { okta, type Page } from '$lib/okta';

const WAIT_MS = 180;

export class Finder<Item> {
  typed = $state('');
  /** Absent until the first answer. */
  items = $state.raw<Item[]>();
  busy = $state(false);
  problem = $state<Problem>();
  #next = $state<string>();
  readonly #search: (typed: string, signal: AbortSignal) => Promise<Page<Item>>;

  /** Call while a component starts: the search begins at once, with nothing typed. */
  constructor(search: (typed: string, signal: AbortSignal) => Promise<Page<Item>>) {
    this.#search = search;
    $effect(() => {
      const typed = this.typed;
      const stop = new AbortController();
      const wait = untrack(() => this.items) ? WAIT_MS : 0;
      const timer = setTimeout(() => void this.#begin(typed, stop.signal), wait);
      return () => {
        clearTimeout(timer);
        stop.abort();
      };
    });
  }

  get hasMore(): boolean {
    return this.#next !== undefined;
  }

  async more(): Promise<void> {
    if (!this.#next || this.busy) return;
    const before = this.items;
    await this.#guarded(async () => {
      const page = await okta.list<Item>(this.#next!);
      if (this.items !== before) return;
      this.items = [...(before ?? []), ...page.items];
      this.#next = page.next;
    });
  }

  async #begin(typed: string, signal: AbortSignal): Promise<void> {
    await this.#guarded(async () => {
      const page = await this.#search(typed, signal);
      this.items = page.items;
      this.#next = page.next;
    });
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    this.busy = true;
    try {
      await work();
      this.problem = undefined;
    } catch (thrown) {
      if (!isAbort(thrown)) this.problem = problemOf(thrown);
    } finally {
      this.busy = false;
    }
  }
}
