// One sending of a form: busy while it lasts, words beside the fields that the org names, a problem for the rest.
// Invariant: what was typed is never touched; a form whose sending failed can be sent again as it stands.

import { tick } from 'svelte';
import { isAbort, problemOf, type Problem } from '@webreports/ui/problem';

/** The org's standing phrases, in words that say what to do. */
const REASONS: [RegExp, string][] = [
  [/already exists in the current organization/i, 'This is taken already. Choose another.'],
  [/cannot be left blank/i, 'Fill this in.'],
];

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

  #take(problem: Problem): void {
    const beside: Record<string, string> = {};
    const rest: Record<string, string> = {};
    for (const [name, reason] of Object.entries(problem.errors ?? {})) {
      const field = this.#fieldOf(name);
      if (field) beside[field] = reasonOf(reason);
      else rest[name] = reasonOf(reason);
    }
    this.errors = beside;
    const named = Object.keys(beside).length > 0;
    const others = Object.keys(rest).length > 0;
    if (named && !others && !problem.detail) return;
    this.problem = { ...problem, errors: others ? rest : undefined };
  }

  /** `settings.oauthClient.redirect_uris[0]` belongs beside `redirect_uris`. */
  #fieldOf(name: string): string | undefined {
    const parts = name.replace(/\[\d+\]/g, '').split('.');
    return [...parts].reverse().find((part) => this.#fields.includes(part));
  }
}

function reasonOf(cause: string): string {
  return REASONS.find(([pattern]) => pattern.test(cause))?.[1] ?? cause;
}

/** Goes to the first field that has an error. */
async function showFirst(): Promise<void> {
  await tick();
  const scope = document.querySelector('dialog[open]') ?? document;
  scope.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}

/** Words for a field that must not be empty. */
export function blank(value: string, words: string): string | false {
  return value.trim() === '' && words;
}
