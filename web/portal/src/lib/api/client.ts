// The one way to the server. Every unsafe call carries the session's CSRF token; problem+json is thrown as
// ProblemError; a lapsed session is renewed in place (see `onLapse`) and the call made again.

import createClient from 'openapi-fetch';
import { OFFLINE, ProblemError, type Problem } from '@webreports/ui/problem';
import type { paths } from './schema';

const SAFE = new Set(['GET', 'HEAD']);
const SESSION_PATH = '/api/v1/session';

interface Ways {
  /** The token of the session that is in force. */
  csrfToken: () => string | undefined;
  /** Resolves once somebody has signed in again; rejects when they gave up. */
  onLapse: () => Promise<void>;
  /** Called with every answer: the server is there. And with `false` when it isn't. */
  onReach: (reached: boolean) => void;
}

let ways: Ways = {
  csrfToken: () => undefined,
  onLapse: () => Promise.reject(new Error('no session')),
  onReach: () => undefined,
};

/** Ties the client to the session; called once by the session's own module. */
export function bind(bound: Ways): void {
  ways = bound;
}

async function send(request: Request): Promise<Response> {
  const headers = new Headers(request.headers);
  headers.set('Accept', 'application/json, application/problem+json');
  const token = ways.csrfToken();
  if (!SAFE.has(request.method) && token) headers.set('X-CSRF-Token', token);
  try {
    const response = await fetch(new Request(request, { headers, credentials: 'same-origin' }));
    ways.onReach(true);
    return response;
  } catch (thrown) {
    if (request.signal.aborted) throw thrown;
    ways.onReach(false);
    throw new ProblemError(OFFLINE);
  }
}

async function isLapsed(response: Response): Promise<boolean> {
  if (response.status !== 401) return false;
  const problem = await readProblem(response.clone());
  return problem.type.endsWith('/not-signed-in');
}

async function sendInSession(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await send(request);
  if (new URL(request.url).pathname === SESSION_PATH || !(await isLapsed(response))) return response;
  await ways.onLapse();
  return send(again);
}

export const api = createClient<paths>({ fetch: sendInSession });

/** Reads a problem; what isn't one (a proxy's page, nothing) becomes one that says so. */
export async function readProblem(response: Response): Promise<Problem> {
  try {
    const body: unknown = await response.json();
    if (isProblem(body)) return { ...body, status: response.status };
  } catch {
    // Not JSON: something between us and the server has answered.
  }
  return {
    type: '/problems/unexpected-answer',
    title: 'The server gave an answer that WebReports does not understand',
    status: response.status,
    detail: `HTTP ${response.status} ${response.statusText}`.trim(),
    hint: 'If a proxy stands before WebReports, its log says more.',
  };
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'title' in body && 'type' in body;
}

/** The body of an answer, or its problem thrown. */
export async function unwrap<Data>(
  call: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  const { data, error, response } = await call;
  if (response.ok) return data as Data;
  if (isProblem(error)) throw new ProblemError({ ...error, status: response.status });
  throw new ProblemError(await readProblem(new Response(null, response)));
}
