// Who is signed in, and what happens when that ends.
// Invariant: permissions come from the server and only decide what is shown; the server decides what is done.

import { api, bind, unwrap, type Permission, type Session } from '$lib/api';
import { ProblemError } from '@webreports/ui/problem';

/** Tells the other tabs, and a window that waits for a sign-in, that the session changed. */
const CHANNEL = 'webreports.session';

class CurrentSession {
  #session = $state.raw<Session>();
  /** The session ended under a page that is in use; the dialog asks to sign in again. */
  lapsed = $state(false);
  /** The server could not be reached at the last call. */
  offline = $state(false);
  #waiting: { resolve: () => void; reject: (reason: unknown) => void }[] = [];
  #channel: BroadcastChannel | undefined;

  get current(): Session | undefined {
    return this.#session;
  }

  may(permission: Permission): boolean {
    return this.#session?.permissions.includes(permission) ?? false;
  }

  /** Connects the client and the other tabs; once, by the root layout. */
  start(): void {
    bind({
      csrfToken: () => this.#session?.csrf_token,
      onLapse: () => this.#lapse(),
      onReach: (reached) => (this.offline = !reached),
    });
    this.#channel = new BroadcastChannel(CHANNEL);
    this.#channel.onmessage = () => void this.refresh();
  }

  /** Reads the session anew. `undefined`: nobody is signed in. */
  async load(): Promise<Session | undefined> {
    try {
      this.#enter(await unwrap(api.GET('/api/v1/session')));
    } catch (thrown) {
      if (!(thrown instanceof ProblemError) || thrown.problem.status !== 401) throw thrown;
      this.#session = undefined;
    }
    return this.#session;
  }

  /** After another tab or window signed in or out. */
  async refresh(): Promise<void> {
    const before = this.#session?.person.id;
    try {
      const now = await this.load();
      // A page that was loaded for one person is not shown on to another.
      if (before && now && before !== now.person.id) location.reload();
      else if (now) this.#resume();
      else if (before) this.lapsed = true;
    } catch {
      // Not reached: what is shown stays, and the next call says so.
    }
  }

  async signIn(login: string, password: string): Promise<Session> {
    const before = this.#session?.person.id;
    const session = await unwrap(api.POST('/api/v1/session', { body: { login, password } }));
    this.#enter(session);
    this.announce();
    if (before && before !== session.person.id) location.reload();
    this.#resume();
    return session;
  }

  /** A session that came by another way: the claim of set-up. */
  enter(session: Session): void {
    this.#enter(session);
    this.announce();
  }

  /** Returns where to go: the org's sign-out, or our sign-in page. */
  async signOut(): Promise<string> {
    const { sign_out_url } = await unwrap(api.DELETE('/api/v1/session'));
    this.#session = undefined;
    this.announce();
    return sign_out_url ?? '/sign-in';
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

  #enter(session: Session): void {
    this.#session = session;
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
