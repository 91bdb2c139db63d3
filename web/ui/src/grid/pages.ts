// The rows that a grid holds: pages of the server's order, the last used of them, never more than PAGES_MAX.
// Invariant: an answer to an older question (another sort, filter or run) never shows; what nobody waits for is aborted.

import type { Cell } from '../format';
import { isAbort } from '../problem';
import type { Filter, GridLoad, SortKey } from './query';

export const PAGE_ROWS = 200;
export const PAGES_MAX = 50;
const FLIGHTS_MAX = 4;

interface Held {
  rows: Cell[][];
  /** A later answer may differ: the result has grown since. */
  stale: boolean;
}

export interface Question {
  load: GridLoad;
  sort: SortKey[];
  filter: Filter[];
}

export class Pages {
  #question: Question | undefined;
  #held = new Map<number, Held>();
  #flights = new Map<number, AbortController>();
  #wanted: number[] = [];
  /** Rows of the last question stand until the first answer to this one. */
  #answered = false;
  #total = 0;
  #totalFinal = false;
  #problem: unknown;
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Rows by the last answer. */
  get total(): number {
    return this.#total;
  }
  get totalFinal(): boolean {
    return this.#totalFinal;
  }
  /** The first answer to the present question has come. */
  get answered(): boolean {
    return this.#answered;
  }
  get problem(): unknown {
    return this.#problem;
  }
  get pagesHeld(): number {
    return this.#held.size;
  }

  ask(question: Question): void {
    this.#abort(() => true);
    this.#question = question;
    this.#answered = false;
    this.#problem = undefined;
    this.#wanted = [];
    this.#changed();
  }

  row(index: number): Cell[] | undefined {
    return this.#held.get(Math.floor(index / PAGE_ROWS))?.rows[index % PAGE_ROWS];
  }

  /** Says which rows are seen; fetches what is missing of them and drops what nobody waits for any more. */
  want(first: number, end: number): void {
    const from = Math.floor(Math.max(0, first) / PAGE_ROWS);
    const to = Math.floor(Math.max(first, end - 1) / PAGE_ROWS);
    this.#wanted = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    this.#abort((page) => page < from - 1 || page > to + 1);
    this.#fetchWanted();
  }

  /** The result has grown: rows at the end, or, where it is sorted or filtered, anywhere. */
  grow(rows: number): void {
    const everywhere = (this.#question?.sort.length ?? 0) + (this.#question?.filter.length ?? 0) > 0;
    if (!everywhere && rows > this.#total) this.#total = rows;
    for (const held of this.#held.values()) if (everywhere || held.rows.length < PAGE_ROWS) held.stale = true;
    this.#changed();
    this.#fetchWanted();
  }

  /** After a problem: asks again for what is seen. */
  retry(): void {
    this.#problem = undefined;
    this.#changed();
    this.#fetchWanted();
  }

  /**
   * Rows from..end whole, for copying; from what is held where possible. Ends as aborted once another question is asked:
   * rows of two orders are no rows of either.
   */
  async rows(from: number, end: number, signal: AbortSignal): Promise<Cell[][]> {
    const question = this.#question;
    const rows: Cell[][] = [];
    for (let at = from; at < end; at = from + rows.length) {
      const held = this.row(at);
      if (held) {
        rows.push(held);
        continue;
      }
      const page = await this.#load(Math.floor(at / PAGE_ROWS), signal);
      if (question !== this.#question) throw new DOMException('other rows are asked for', 'AbortError');
      const fetched = page?.rows.slice(at % PAGE_ROWS, (at % PAGE_ROWS) + end - at) ?? [];
      if (fetched.length === 0) break;
      rows.push(...fetched);
    }
    return rows;
  }

  close(): void {
    this.#abort(() => true);
    this.#question = undefined;
  }

  #load(page: number, signal: AbortSignal) {
    const question = this.#question;
    return question?.load(
      { offset: page * PAGE_ROWS, limit: PAGE_ROWS, sort: question.sort, filter: question.filter },
      signal,
    );
  }

  #abort(which: (page: number) => boolean): void {
    for (const [page, flight] of this.#flights) {
      if (!which(page)) continue;
      flight.abort();
      this.#flights.delete(page);
    }
  }

  #missing(page: number): boolean {
    if (!this.#answered) return true;
    const held = this.#held.get(page);
    if (!held) return page === 0 || page * PAGE_ROWS < this.#total;
    return held.stale;
  }

  #fetchWanted(): void {
    if (this.#problem !== undefined) return;
    for (const page of this.#wanted) {
      if (this.#flights.size >= FLIGHTS_MAX) return;
      if (!this.#flights.has(page) && this.#missing(page)) void this.#fetch(page);
    }
  }

  async #fetch(page: number): Promise<void> {
    const question = this.#question;
    if (!question) return;
    const flight = new AbortController();
    this.#flights.set(page, flight);
    try {
      const answer = await this.#load(page, flight.signal);
      if (!answer || question !== this.#question || flight.signal.aborted) return;
      if (!this.#answered) {
        this.#held.clear();
        this.#answered = true;
        this.#total = 0;
      }
      this.#total = answer.total_final ? answer.total : Math.max(this.#total, answer.total);
      this.#totalFinal = answer.total_final;
      this.#keep(page, answer.rows);
    } catch (thrown) {
      if (question !== this.#question || flight.signal.aborted || isAbort(thrown)) return;
      this.#problem = thrown;
    } finally {
      if (this.#flights.get(page) === flight) this.#flights.delete(page);
    }
    this.#changed();
    this.#fetchWanted();
  }

  #keep(page: number, rows: Cell[][]): void {
    this.#held.delete(page);
    this.#held.set(page, { rows, stale: false });
    for (const old of this.#held.keys()) {
      if (this.#held.size <= PAGES_MAX) break;
      if (!this.#wanted.includes(old)) this.#held.delete(old);
    }
  }
}
