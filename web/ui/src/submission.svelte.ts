// One sending of a form: busy while it lasts, words beside the fields that the server names, a problem for the rest.
// Invariant: what was typed is never touched; a form whose sending failed can be sent again as it stands.

import { tick } from 'svelte';
import { isAbort, problemOf, sentence, type Problem } from './problem';

export class Submission {
  busy = $state(false);
  errors = $state<Record<string, string>>({});
  problem = $state<Problem>();
  readonly #fields: readonly string[];

  /** `fields` are the names that this form can show an error beside. */
  constructor(fields: readonly string[]) {
    this.#fields = fields;
  }

  /** Runs `work` unless something is missing. `true`: done. */
  async run(work: () => Promise<void>, missing: Record<string, string | false> = {}): Promise<boolean> {
    if (this.busy) return false;
    this.problem = undefined;
    this.errors = Object.fromEntries(
      Object.entries(missing).filter((entry): entry is [string, string] => entry[1] !== false),
    );
    if (Object.keys(this.errors).length > 0) {
      await showFirst();
      return false;
    }
    this.busy = true;
    try {
      await work();
      return true;
    } catch (thrown) {
      if (!isAbort(thrown)) this.#take(problemOf(thrown));
      return false;
    } finally {
      this.busy = false;
      if (Object.keys(this.errors).length > 0) await showFirst();
    }
  }

  /** A field is typed into again: what was said against it before is not said of what stands there now. */
  edited(name: string): void {
    delete this.errors[name];
  }

  /** What belongs to a field goes there; the rest is a problem of the whole form. */
  #take(problem: Problem): void {
    const all = Object.entries(problem.errors ?? {});
    const beside = all.flatMap(([name, words]) => {
      const field = this.#fieldOf(name);
      return field === undefined ? [] : [[field, sentence(words)] as const];
    });
    const rest = all.filter(([name]) => this.#fieldOf(name) === undefined);
    this.errors = Object.fromEntries(beside);
    if (beside.length > 0 && rest.length === 0) return;
    this.problem = { ...problem, errors: rest.length > 0 ? Object.fromEntries(rest) : undefined };
  }

  /** `settings.oauthClient.redirect_uris[0]` belongs beside `redirect_uris`. */
  #fieldOf(name: string): string | undefined {
    if (this.#fields.includes(name)) return name;
    const parts = name.replace(/\[\d+\]/g, '').split('.');
    return parts.reverse().find((part) => this.#fields.includes(part));
  }
}

/** Goes to the first field that has an error. */
async function showFirst(): Promise<void> {
  await tick();
  const scope = document.querySelector('dialog[open]') ?? document;
  const wrong = scope.querySelector<HTMLElement>('[aria-invalid="true"]');
  // A group of choices can't hold the focus itself.
  (wrong?.querySelector<HTMLElement>('input:checked') ?? wrong?.querySelector('input') ?? wrong)?.focus();
}

/** Words for a field that must not be empty. */
export function blank(value: string, words: string): string | false {
  return value.trim() === '' && words;
}
