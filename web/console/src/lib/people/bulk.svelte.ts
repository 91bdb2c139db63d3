// The same deed for many, one after the other, with what came of it for each.
// Invariant: stopping leaves what is done as it is; what was not begun stays waiting and can be gone on with.

import { problemOf } from '@webreports/ui/problem';
import { OktaError } from '$lib/okta';

export interface Outcome<Item> {
  item: Item;
  state: 'waiting' | 'done' | 'failed';
  /** What failed, or what there is to know. */
  words?: string;
  /** A value to hand on, such as an activation link. */
  value?: string;
}

const TOO_MANY = 'E0000047';
const PAUSE_MS = 5_000;
/** The limits of the org are counted by the minute. */
const PAUSES_MAX = 15;

export class Bulk<Item> {
  outcomes = $state<Outcome<Item>[]>([]);
  running = $state(false);
  #stopped = false;
  readonly #work: (item: Item) => Promise<{ words?: string; value?: string } | void>;

  constructor(work: (item: Item) => Promise<{ words?: string; value?: string } | void>) {
    this.#work = work;
  }

  get done(): number {
    return this.outcomes.filter(({ state }) => state === 'done').length;
  }

  get failed(): number {
    return this.outcomes.filter(({ state }) => state === 'failed').length;
  }

  get waiting(): number {
    return this.outcomes.length - this.done - this.failed;
  }

  stop(): void {
    this.#stopped = true;
  }

  async run(items: Item[]): Promise<void> {
    this.outcomes = items.map((item) => ({ item, state: 'waiting' }));
    await this.goOn();
  }

  async goOn(): Promise<void> {
    this.#stopped = false;
    this.running = true;
    for (const outcome of this.outcomes) {
      if (this.#stopped) break;
      if (outcome.state !== 'waiting') continue;
      try {
        Object.assign(outcome, await this.#patient(outcome.item), { state: 'done' });
      } catch (thrown) {
        outcome.words = wordsOf(thrown);
        outcome.state = 'failed';
      }
    }
    this.running = false;
  }

  async #patient(item: Item): Promise<{ words?: string; value?: string } | void> {
    for (let pauses = 0; ; pauses += 1) {
      try {
        return await this.#work(item);
      } catch (thrown) {
        const tooMany = thrown instanceof OktaError && thrown.code === TOO_MANY;
        if (!tooMany || pauses >= PAUSES_MAX || this.#stopped) throw thrown;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }
}

function wordsOf(thrown: unknown): string {
  const { title, detail, errors } = problemOf(thrown);
  const beside = Object.entries(errors ?? {}).map(([name, words]) => (name ? `${name}: ${words}` : words));
  return beside.join(' ') || detail || title;
}
