// The set-up wizard's state: what was typed, what is saved, what was found.
// Invariant: nothing typed is lost by going to another step, by a failed check or by a lapsed session; secrets stay in
// memory only and are gone once they are in the vault.

import { problemOf, type Problem } from '@webreports/ui/problem';
import {
  api,
  unwrap,
  type Check,
  type CheckName,
  type PlanOutcome,
  type PlanStep,
  type Setup,
} from '$lib/api';
import { withResults } from './results';

export type StepId = 'administrator' | 'domain' | 'client' | 'token' | 'groups' | 'review';

export interface Step {
  id: StepId;
  label: string;
  /** The checks that decide its state. */
  checks: CheckName[];
}

export const STEPS: Step[] = [
  { id: 'administrator', label: 'Emergency administrator', checks: [] },
  { id: 'domain', label: 'Okta domain', checks: ['domain'] },
  { id: 'client', label: 'Application', checks: ['client'] },
  { id: 'token', label: 'API token', checks: ['token', 'token_rights'] },
  { id: 'groups', label: 'Groups and people', checks: ['groups', 'administrator'] },
  { id: 'review', label: 'Check and switch on', checks: [] },
];

export type StepState = 'waiting' | 'passed' | 'failed' | 'unknown';

const KEPT = 'webreports.setup';

interface Draft {
  domain: string;
  client_id: string;
  client_secret: string;
  api_token: string;
  allow_loopback_http: boolean;
}

export class Wizard {
  setup = $state.raw<Setup>();
  draft = $state<Draft>({
    domain: '',
    client_id: '',
    client_secret: '',
    api_token: '',
    allow_loopback_http: false,
  });
  running = $state<CheckName[]>([]);
  saving = $state(false);
  problem = $state<Problem>();
  errors = $state<Record<string, string>>({});
  plan = $state.raw<PlanStep[]>();
  outcome = $state.raw<PlanOutcome[]>();
  /** The outcome is that of an undoing. */
  undone = $state(false);
  planning = $state(false);
  /** Counts what was read from the server: a check that was begun before tells nothing of what was saved since. */
  #taken = 0;

  /** What was read from the server; fields that somebody has typed into stay as they are. */
  take(setup: Setup): void {
    const before = this.setup;
    this.#taken += 1;
    this.setup = setup;
    if (this.draft.domain === (before?.domain ?? '')) this.draft.domain = setup.domain;
    if (this.draft.client_id === (before?.client_id ?? '')) this.draft.client_id = setup.client_id;
    if (!before) {
      this.draft.allow_loopback_http = setup.allow_loopback_http;
      this.#restore();
    }
  }

  check(name: CheckName): Check | undefined {
    return this.setup?.checks.find((check) => check.name === name);
  }

  stateOf(step: Step): StepState {
    if (step.id === 'administrator') return 'passed';
    if (step.id === 'review') return this.setup?.okta_enabled ? 'passed' : 'waiting';
    const states = step.checks.map((name) => this.check(name)?.state ?? 'waiting');
    if (states.includes('failed')) return 'failed';
    if (states.includes('waiting')) return 'waiting';
    return states.includes('unknown') ? 'unknown' : 'passed';
  }

  get dirty(): boolean {
    const saved = this.setup;
    return (
      saved !== undefined &&
      (this.draft.domain !== saved.domain ||
        this.draft.client_id !== saved.client_id ||
        this.draft.client_secret !== '' ||
        this.draft.api_token !== '' ||
        this.draft.allow_loopback_http !== saved.allow_loopback_http)
    );
  }

  /** Keeps what is no secret over a reload. */
  remember(): void {
    const { domain, client_id, allow_loopback_http } = this.draft;
    try {
      sessionStorage.setItem(KEPT, JSON.stringify({ domain, client_id, allow_loopback_http }));
    } catch {
      // Storage is switched off: a reload loses what is not saved.
    }
  }

  #forget(): void {
    try {
      sessionStorage.removeItem(KEPT);
    } catch {
      // Nothing was kept then.
    }
  }

  #restore(): void {
    try {
      const kept: Partial<Draft> = JSON.parse(sessionStorage.getItem(KEPT) ?? '{}') as Partial<Draft>;
      if (kept.domain) this.draft.domain = kept.domain;
      if (kept.client_id) this.draft.client_id = kept.client_id;
      if (kept.allow_loopback_http) this.draft.allow_loopback_http = true;
    } catch {
      // Nothing usable was kept.
    }
  }

  /** Saves all that was typed. `false`: it was refused, and the fields say why. */
  async save(): Promise<boolean> {
    this.saving = true;
    this.problem = undefined;
    this.errors = {};
    const { domain, client_id, client_secret, api_token, allow_loopback_http } = this.draft;
    try {
      const saved = await unwrap(
        api.PUT('/api/v1/setup', {
          body: {
            domain: domain.trim(),
            client_id: client_id.trim(),
            allow_loopback_http,
            ...(client_secret ? { client_secret: client_secret.trim() } : {}),
            ...(api_token ? { api_token: api_token.trim() } : {}),
          },
        }),
      );
      // What was typed into while it was saved stays as it is by now.
      if (this.draft.client_secret === client_secret) this.draft.client_secret = '';
      if (this.draft.api_token === api_token) this.draft.api_token = '';
      // The server may have written the domain in its own way: `HTTPS://Acme.okta.com/` is `https://acme.okta.com`.
      if (this.draft.domain === domain) this.draft.domain = saved.domain;
      if (this.draft.client_id === client_id) this.draft.client_id = saved.client_id;
      this.take(withResults(saved, this.setup, { secret: client_secret !== '', token: api_token !== '' }));
      this.#forget();
      return true;
    } catch (thrown) {
      this.#fail(thrown);
      return false;
    } finally {
      this.saving = false;
    }
  }

  /** Runs one check by itself. */
  async run(name: CheckName): Promise<void> {
    if (this.running.includes(name)) return;
    this.running = [...this.running, name];
    const taken = this.#taken;
    try {
      const found = await unwrap(api.POST('/api/v1/setup/checks/{name}', { params: { path: { name } } }));
      if (this.setup && taken === this.#taken)
        this.setup = {
          ...this.setup,
          checks: this.setup.checks.map((check) => (check.name === name ? found : check)),
        };
    } catch (thrown) {
      this.#fail(thrown);
    } finally {
      this.running = this.running.filter((other) => other !== name);
    }
  }

  async runAll(names: CheckName[]): Promise<void> {
    for (const name of names) await this.run(name);
  }

  async preview(groups: boolean, application: boolean): Promise<void> {
    await this.#plan(async () => {
      this.outcome = undefined;
      const { steps } = await unwrap(api.POST('/api/v1/setup/plan', { body: { groups, application } }));
      this.plan = steps;
    });
  }

  async apply(groups: boolean, application: boolean): Promise<void> {
    await this.#plan(async () => {
      const body = { groups, application };
      this.outcome = (await unwrap(api.POST('/api/v1/setup/plan/apply', { body }))).steps;
      this.undone = false;
      await this.reload();
    });
    await this.runAll(application ? ['client', 'groups', 'administrator'] : ['groups', 'administrator']);
  }

  async undo(): Promise<void> {
    await this.#plan(async () => {
      this.outcome = (await unwrap(api.POST('/api/v1/setup/plan/undo'))).steps;
      this.plan = undefined;
      this.undone = true;
      await this.reload();
    });
    await this.runAll(['groups', 'administrator']);
  }

  async reload(): Promise<void> {
    this.take(await unwrap(api.GET('/api/v1/setup')));
  }

  async switchOn(): Promise<boolean> {
    return this.#switch(() => api.POST('/api/v1/setup/enable'));
  }

  async switchOff(): Promise<boolean> {
    return this.#switch(() => api.POST('/api/v1/setup/disable'));
  }

  async #switch(
    call: () => Promise<{ data?: Setup; error?: unknown; response: Response }>,
  ): Promise<boolean> {
    this.saving = true;
    this.problem = undefined;
    try {
      this.take(await unwrap(call()));
      return true;
    } catch (thrown) {
      this.#fail(thrown);
      return false;
    } finally {
      this.saving = false;
    }
  }

  async #plan(work: () => Promise<void>): Promise<void> {
    this.planning = true;
    this.problem = undefined;
    try {
      await work();
    } catch (thrown) {
      this.#fail(thrown);
    } finally {
      this.planning = false;
    }
  }

  #fail(thrown: unknown): void {
    const problem = problemOf(thrown);
    this.errors = { ...problem.errors };
    const beside = Object.keys(this.errors).some((name) => name in this.draft);
    this.problem = beside ? undefined : problem;
  }
}
