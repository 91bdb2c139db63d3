import { afterEach, describe, expect, it, vi } from 'vitest';
import type { NewView } from '../src/lib/api';
import { PageRequest } from './page-request';

const VIEW: NewView = { name: 'sales', title: 'Sales', sql: 'select 1', connection_id: 'con_1' };

/** The module before a server that answers this. */
async function before(status: number, body: unknown) {
  const sent: Request[] = [];
  vi.resetModules();
  vi.stubGlobal('Request', PageRequest);
  vi.stubGlobal('fetch', (request: Request) => {
    sent.push(request);
    const type = status === 200 ? 'application/json' : 'application/problem+json';
    return Promise.resolve(new Response(JSON.stringify(body), { status, headers: { 'content-type': type } }));
  });
  const { publishNext } = await import('../src/lib/views/publishing');
  return { publishNext, sent };
}
afterEach(() => vi.unstubAllGlobals());

describe('publishing the next version', () => {
  it('says from which version it began', async () => {
    const { publishNext, sent } = await before(200, { version: 3 });
    expect(await publishNext('viw_1', VIEW, 2)).toMatchObject({ version: 3 });
    expect(sent[0]!.method).toBe('PUT');
    expect(await sent[0]!.json()).toEqual({ ...VIEW, expected_version: 2 });
  });

  it('tells a newer version from what is wrong with this one', async () => {
    const changed = await before(409, { type: '/problems/view-changed', title: 'Changed', status: 409 });
    expect(await changed.publishNext('viw_1', VIEW, 2)).toBeUndefined();
    const invalid = await before(422, { type: '/problems/invalid', title: 'Wrong', status: 422 });
    await expect(invalid.publishNext('viw_1', VIEW, 2)).rejects.toMatchObject({ problem: { status: 422 } });
  });
});
