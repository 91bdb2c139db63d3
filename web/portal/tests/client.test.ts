import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProblemError } from '@webreports/ui/problem';
import { PageRequest } from './page-request';

const sent: Request[] = [];
let answers: (() => Response | Promise<Response>)[] = [];
const json = (status: number, body: unknown, type = 'application/json'): (() => Response) => {
  return () => new Response(JSON.stringify(body), { status, headers: { 'content-type': type } });
};
const problem = (status: number, slug: string, more = {}): (() => Response) =>
  json(status, { type: `/problems/${slug}`, title: slug, status, ...more }, 'application/problem+json');

async function client() {
  vi.resetModules();
  return import('../src/lib/api');
}

beforeEach(() => {
  sent.length = 0;
  vi.stubGlobal('Request', PageRequest);
  vi.stubGlobal('fetch', (request: Request) => {
    sent.push(request);
    const answer = answers.shift();
    if (!answer) throw new TypeError('fetch failed');
    return Promise.resolve(answer());
  });
});
afterEach(() => vi.unstubAllGlobals());

describe('the client', () => {
  it('sends the session’s token with what changes something, and not with what reads', async () => {
    const { api, bind, unwrap } = await client();
    bind({
      csrfToken: () => 'the-token',
      onLapse: () => Promise.reject(new Error('no')),
      onReach: () => undefined,
    });
    answers = [json(200, { items: [], next: null }), json(200, { steps: [] })];
    await unwrap(api.GET('/api/v1/available'));
    await unwrap(api.POST('/api/v1/setup/plan/undo'));
    expect(sent.map((request) => request.headers.get('X-CSRF-Token'))).toEqual([null, 'the-token']);
  });

  it('throws what the server says as a problem', async () => {
    const { api, unwrap } = await client();
    answers = [problem(422, 'invalid', { errors: { domain: 'Write it so.' } })];
    const thrown: unknown = await unwrap(api.GET('/api/v1/setup')).catch((error: unknown) => error);
    expect((thrown as ProblemError).problem).toMatchObject({
      status: 422,
      errors: { domain: 'Write it so.' },
    });
  });

  it('makes a problem of an answer that is none of ours', async () => {
    const { api, unwrap } = await client();
    answers = [() => new Response('<h1>Bad Gateway</h1>', { status: 502 })];
    const thrown: unknown = await unwrap(api.GET('/api/v1/setup')).catch((error: unknown) => error);
    expect((thrown as ProblemError).slug).toBe('unexpected-answer');
  });

  it('says that the server is not reached', async () => {
    const { api, bind, unwrap } = await client();
    const reached: boolean[] = [];
    bind({
      csrfToken: () => undefined,
      onLapse: () => Promise.resolve(),
      onReach: (there) => reached.push(there),
    });
    answers = [];
    const thrown: unknown = await unwrap(api.GET('/api/v1/setup')).catch((error: unknown) => error);
    expect((thrown as ProblemError).slug).toBe('offline');
    expect(reached).toEqual([false]);
  });

  it('waits for a new sign-in when the session lapsed, then sends the same again with the new token', async () => {
    const { api, bind, unwrap } = await client();
    let token = 'old';
    bind({
      csrfToken: () => token,
      onLapse: () => {
        token = 'new';
        return Promise.resolve();
      },
      onReach: () => undefined,
    });
    answers = [problem(401, 'not-signed-in'), json(200, { steps: [] })];
    const body = { groups: true, application: false, redirect_uri: 'http://x/OIDCCallback' };
    await unwrap(api.POST('/api/v1/setup/plan', { body }));
    expect(sent.map((request) => request.headers.get('X-CSRF-Token'))).toEqual(['old', 'new']);
    expect(await sent[1]!.json()).toEqual(body);
  });

  it('does not take a wrong password for a lapsed session', async () => {
    const { api, bind, unwrap } = await client();
    bind({
      csrfToken: () => undefined,
      onLapse: () => Promise.reject(new Error('asked')),
      onReach: () => undefined,
    });
    answers = [problem(401, 'not-signed-in')];
    const call = unwrap(api.POST('/api/v1/session', { body: { login: 'a', password: 'b' } }));
    await expect(call).rejects.toMatchObject({ problem: { status: 401 } });
    expect(sent).toHaveLength(1);
  });
});
