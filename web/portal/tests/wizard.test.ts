import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Check, Setup } from '../src/lib/api';
import { PageRequest } from './page-request';

const check = (name: Check['name'], state: Check['state']): Check => ({
  name,
  title: name,
  state,
  found: null,
  why: null,
  fix: null,
  details: [],
  took_ms: null,
});

const SETUP: Setup = {
  domain: '',
  client_id: '',
  client_secret_set: false,
  api_token_set: false,
  allow_loopback_http: false,
  okta_enabled: false,
  redirect_uris: [],
  sign_out_uri: '',
  groups: [],
  checks: [check('domain', 'waiting')],
};

/** A wizard before a server whose answers the test gives by hand, in a browser that keeps nothing. */
async function before() {
  const asked: { request: Request; answer: (body: unknown) => void }[] = [];
  const nothing = (): never => {
    throw new DOMException('storage is switched off', 'SecurityError');
  };
  vi.resetModules();
  vi.stubGlobal('Request', PageRequest);
  vi.stubGlobal('sessionStorage', { getItem: nothing, setItem: nothing, removeItem: nothing });
  vi.stubGlobal('fetch', (request: Request) => {
    return new Promise<Response>((resolve) => {
      const headers = { 'content-type': 'application/json' };
      asked.push({ request, answer: (body) => resolve(new Response(JSON.stringify(body), { headers })) });
    });
  });
  const { Wizard } = await import('../src/lib/setup/wizard.svelte');
  const wizard = new Wizard();
  wizard.take(SETUP);
  const next = async (index: number) => {
    await vi.waitFor(() => expect(asked.length).toBeGreaterThan(index));
    return asked[index]!;
  };
  return { wizard, next };
}
afterEach(() => vi.unstubAllGlobals());

describe('the set-up wizard', () => {
  it('saves also where the browser keeps nothing', async () => {
    const { wizard, next } = await before();
    wizard.draft.domain = 'acme.okta.com';
    wizard.draft.api_token = 'token';
    const saved = wizard.save();
    (await next(0)).answer({ ...SETUP, domain: 'https://acme.okta.com', api_token_set: true });
    expect(await saved).toBe(true);
    expect(wizard.problem).toBeUndefined();
    expect(wizard.draft).toMatchObject({ domain: 'https://acme.okta.com', api_token: '' });
  });

  it('leaves what is typed while it saves', async () => {
    const { wizard, next } = await before();
    wizard.draft.domain = 'acme.okta.com';
    wizard.draft.client_secret = 'first';
    const saved = wizard.save();
    wizard.draft.domain = 'acme-two.okta.com';
    wizard.draft.client_secret = 'second';
    (await next(0)).answer({ ...SETUP, domain: 'https://acme.okta.com', client_secret_set: true });
    expect(await saved).toBe(true);
    expect(wizard.draft).toMatchObject({ domain: 'acme-two.okta.com', client_secret: 'second' });
  });

  it('does not take a check of the old settings for one of those that were saved since', async () => {
    const { wizard, next } = await before();
    const checked = wizard.run('domain');
    const slow = await next(0);
    wizard.draft.domain = 'acme.okta.com';
    const saved = wizard.save();
    (await next(1)).answer({ ...SETUP, domain: 'https://acme.okta.com' });
    await saved;
    slow.answer(check('domain', 'passed'));
    await checked;
    expect(wizard.check('domain')?.state).toBe('waiting');
  });

  it('sends the wish for groups and the application, and nothing else', async () => {
    const { wizard, next } = await before();
    const planned = wizard.preview(true, false);
    const { request, answer } = await next(0);
    expect(await request.clone().json()).toEqual({ groups: true, application: false });
    answer({ steps: [] });
    await planned;
    expect(wizard.plan).toEqual([]);
  });
});
