// The one way from the console to the org: Okta's public API and, for what has no public call, `/admin/api`. Every unsafe
// call carries the session's CSRF token; error objects are thrown as OktaError; lists follow the `Link` header; a lapsed
// session is renewed in place (`onLapse`) and the call made again.
// Invariant: only paths of this origin are called, also where the org answers with whole addresses.

import { OFFLINE, ProblemError } from '@webreports/ui/problem';
import { readError } from './okta/error';

export { OktaError } from './okta/error';
export type * from './okta/types';

/** One page of a list; `next` is where the following one is, absent on the last. */
export interface Page<Item> {
  items: Item[];
  next: string | undefined;
}

interface Ways {
  csrfToken: () => string | undefined;
  /** Resolves once somebody has signed in again; rejects when they gave up. */
  onLapse: () => Promise<void>;
  /** Called with every answer: the org is there. And with `false` when it isn't. */
  onReach: (reached: boolean) => void;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

interface Call {
  signal?: AbortSignal;
  /** Calls that are about the session itself: a 401 is an answer there, not a lapse. */
  outside?: boolean;
}

/** The org's answer to a session that has ended. */
const LAPSED = 'E0000011';

let ways: Ways = {
  csrfToken: () => undefined,
  onLapse: () => Promise.reject(new Error('no session')),
  onReach: () => undefined,
};

/** Ties the client to the session; called once by the session's own module. */
export function bind(bound: Ways): void {
  ways = bound;
}

/** Builds a path whose parts are encoded: path`/api/v1/users/${id}`. */
export function path(texts: TemplateStringsArray, ...parts: string[]): string {
  return texts.map((text, index) => text + encodeURIComponent(parts[index] ?? '')).join('');
}

/** Adds a query; what is empty or absent is left out. */
export function withQuery(to: string, query: Record<string, string | number | boolean | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') search.set(name, String(value));
  return search.size > 0 ? `${to}?${search}` : to;
}

/** A text as a string of a search or filter expression. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

async function send(method: Method, to: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const headers = new Headers({ Accept: 'application/json' });
  if (body !== undefined) headers.set('Content-Type', 'application/json');
  const token = ways.csrfToken();
  if (method !== 'GET' && token) headers.set('X-CSRF-Token', token);
  try {
    const response = await fetch(to, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
      signal,
    });
    ways.onReach(true);
    return response;
  } catch (thrown) {
    if (signal?.aborted) throw thrown;
    ways.onReach(false);
    throw new ProblemError({ ...OFFLINE, title: 'The org can’t be reached' });
  }
}

async function call(method: Method, to: string, body?: unknown, options: Call = {}): Promise<Response> {
  const response = await send(method, to, body, options.signal);
  if (response.ok) return response;
  const error = await readError(response);
  if (error.code !== LAPSED || options.outside) throw error;
  await ways.onLapse();
  return call(method, to, body, options);
}

async function bodyOf<Body>(response: Response): Promise<Body> {
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as Body;
}

export const okta = {
  async get<Body>(to: string, options?: Call): Promise<Body> {
    return bodyOf<Body>(await call('GET', to, undefined, options));
  },

  async list<Item>(to: string, options?: Call): Promise<Page<Item>> {
    const response = await call('GET', to, undefined, options);
    return { items: await bodyOf<Item[]>(response), next: nextOf(response.headers.get('Link')) };
  },

  async post<Body = void>(to: string, body?: unknown, options?: Call): Promise<Body> {
    return bodyOf<Body>(await call('POST', to, body, options));
  },

  async put<Body = void>(to: string, body?: unknown): Promise<Body> {
    return bodyOf<Body>(await call('PUT', to, body));
  },

  async delete(to: string): Promise<void> {
    await call('DELETE', to);
  },
};

/** Where the next page is, as a path of this origin: `<https://org/api/v1/users?after=x>; rel="next"`. */
export function nextOf(link: string | null): string | undefined {
  for (const part of link?.split(/,(?=\s*<)/) ?? []) {
    const found = /<([^>]*)>\s*;\s*rel="next"/.exec(part);
    if (!found) continue;
    const url = new URL(found[1]!, location.origin);
    return url.pathname + url.search;
  }
  return undefined;
}
