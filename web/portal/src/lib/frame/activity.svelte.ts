// What runs and what is new: the figures beside Completed. Asked for while somebody looks, quicker while something runs.

import { api, unwrap } from '$lib/api';

const CALM_MS = 30_000;
const RUNNING_MS = 4_000;
const LOOKED_AT = 100;
const SEEN_KEY = 'webreports.completed-seen';

class Activity {
  running = $state(0);
  fresh = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #started = false;

  start(): () => void {
    this.#started = true;
    const look = (): void => {
      if (document.visibilityState === 'visible') void this.look();
    };
    document.addEventListener('visibilitychange', look);
    void this.look();
    return () => {
      this.#started = false;
      clearTimeout(this.#timer);
      document.removeEventListener('visibilitychange', look);
    };
  }

  async look(): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.#started) return;
    try {
      const { items } = await unwrap(api.GET('/api/v1/runs', { params: { query: { limit: LOOKED_AT } } }));
      const seen = this.#seen();
      this.running = items.filter((run) => run.state === 'queued' || run.state === 'running').length;
      this.fresh = items.filter((run) => run.finished_at !== null && run.finished_at > seen).length;
    } catch {
      // A figure is not worth a message; the pages say what is wrong.
    }
    clearTimeout(this.#timer);
    if (this.#started && document.visibilityState === 'visible')
      this.#timer = setTimeout(() => void this.look(), this.running > 0 ? RUNNING_MS : CALM_MS);
  }

  /** Completed was opened, or a run was looked at: what is finished by now is not new any more. */
  see(): void {
    this.fresh = 0;
    try {
      localStorage.setItem(SEEN_KEY, new Date().toISOString());
    } catch {
      // Storage is switched off: the figure comes back with the next look.
    }
  }

  #seen(): string {
    try {
      const stored = localStorage.getItem(SEEN_KEY);
      if (stored) return stored;
      this.see();
    } catch {
      // The same: nothing is new then.
    }
    return new Date().toISOString();
  }
}

export const activity = new Activity();
