// Follows the log: what happens from now on, asked for again and again along the `Link` header, as the org offers it.
// Invariant: one question at a time; a page that is hidden asks nothing, and goes on where it stopped.

import { isAbort, problemOf, type Problem } from '@webreports/ui/problem';
import { okta, path, withQuery, type LogEvent } from '$lib/okta';

const EVERY_MS = 4_000;
const PAGE_ROWS = 100;
/** Events that are kept on the page; older ones can be loaded again. */
const KEPT_MAX = 1_000;

export interface TailQuery {
  since: string;
  q?: string;
  filter?: string;
}

export class Tail {
  /** The newest first. */
  events = $state.raw<LogEvent[]>([]);
  problem = $state<Problem>();
  #next: string;
  #stop = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(query: TailQuery) {
    this.#next = withQuery(path`/api/v1/logs`, { ...query, sortOrder: 'ASCENDING', limit: PAGE_ROWS });
    this.#later();
  }

  stop(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
  }

  #later(): void {
    if (!this.#stop.signal.aborted) this.#timer = setTimeout(() => void this.#ask(), EVERY_MS);
  }

  async #ask(): Promise<void> {
    try {
      if (document.visibilityState === 'visible') await this.#read();
      this.problem = undefined;
    } catch (thrown) {
      if (!isAbort(thrown)) this.problem = problemOf(thrown);
    }
    this.#later();
  }

  async #read(): Promise<void> {
    const known = new Set(this.events.map(({ uuid }) => uuid));
    const page = await okta.list<LogEvent>(this.#next, { signal: this.#stop.signal });
    this.#next = page.next ?? this.#next;
    const fresh = page.items.filter(({ uuid }) => !known.has(uuid)).reverse();
    if (fresh.length > 0) this.events = [...fresh, ...this.events].slice(0, KEPT_MAX);
  }
}
