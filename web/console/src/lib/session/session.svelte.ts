// Who is signed in to the console, and what happens when that ends.
// Invariant: rights decide only what is shown; the org decides at every call what is done.

import { okta, OktaError, bind, type ConsoleSession } from '$lib/okta';

/** Tells the other tabs, and the window that waits for a sign-in, that the session changed. */
const CHANNEL = 'webreports.console';

/** `in`: an administrator; `denied`: signed in, without an administrator role; `out`: nobody. */
export type Entry = 'in' | 'denied' | 'out';

export type Right =
  | 'people.read'
  | 'people.reset'
  | 'people.manage'
  | 'groups.read'
  | 'groups.manage'
  | 'membership.manage'
  | 'apps.read'
  | 'apps.secrets'
  | 'apps.manage'
  | 'grants.read'
  | 'grants.manage'
  | 'types.read'
  | 'types.manage'
  | 'schemas.read'
  | 'schemas.manage'
  | 'servers.read'
  | 'servers.manage'
  | 'tokens.read'
  | 'tokens.create'
  | 'network.read'
  | 'network.manage'
  | 'origins.read'
  | 'origins.manage'
  | 'roles.read'
  | 'roles.manage'
  | 'log.read'
  | 'org.read'
  | 'org.manage';

class CurrentSession {
  #session = $state.raw<ConsoleSession>();
  /** The session ended under a page that is in use; a dialog asks to sign in again. */
  lapsed = $state(false);
  /** The org could not be reached at the last call. */
  offline = $state(false);
  #waiting: { resolve: () => void; reject: (reason: unknown) => void }[] = [];
  #channel: BroadcastChannel | undefined;

  get current(): ConsoleSession | undefined {
    return this.#session;
  }

  /** Is it shown? Without a list from the org everything is, and the org refuses in words. */
  may(right: Right): boolean {
    return this.#session?.rights?.includes(right) ?? true;
  }

  /** Connects the client and the other tabs; once, by the root layout. */
  start(): void {
    bind({
      csrfToken: () => this.#session?.csrfToken,
      onLapse: () => this.#lapse(),
      onReach: (reached) => (this.offline = !reached),
    });
    this.#channel = new BroadcastChannel(CHANNEL);
    this.#channel.onmessage = () => void this.refresh();
  }

  /** Reads the session anew. */
  async load(): Promise<Entry> {
    try {
      this.enter(await okta.get<ConsoleSession>('/admin/api/session', { outside: true }));
      return 'in';
    } catch (thrown) {
      if (!(thrown instanceof OktaError)) throw thrown;
      if (thrown.status !== 401 && thrown.status !== 403) throw thrown;
      this.#session = undefined;
      return thrown.status === 401 ? 'out' : 'denied';
    }
  }

  /** After another tab or window signed in or out. */
  async refresh(): Promise<void> {
    const before = this.#session;
    try {
      const entry = await this.load();
      // A page that was loaded for one administrator is not shown on to another.
      if (before && (entry === 'denied' || (entry === 'in' && this.#session?.user.id !== before.user.id)))
        location.reload();
      else if (entry === 'in') this.#resume();
      else if (before) {
        this.#session = before;
        this.lapsed = true;
      }
    } catch {
      // Not reached: what is shown stays, and the next call says so.
    }
  }

  /** A session that came by another way: the page of the first administrator. */
  enter(session: ConsoleSession): void {
    this.#session = session;
  }

  announce(): void {
    this.#channel?.postMessage('changed');
  }

  /** They chose not to sign in again: what waited fails, and the caller goes to the sign-in page. */
  giveUp(): void {
    this.lapsed = false;
    this.#session = undefined;
    for (const waiter of this.#waiting.splice(0)) waiter.reject(new DOMException('signed out', 'AbortError'));
  }

  #lapse(): Promise<void> {
    this.lapsed = true;
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #resume(): void {
    this.lapsed = false;
    for (const waiter of this.#waiting.splice(0)) waiter.resolve();
  }
}

export const session = new CurrentSession();
