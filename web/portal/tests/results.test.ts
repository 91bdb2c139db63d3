import { describe, expect, it } from 'vitest';
import type { Setup } from '../src/lib/api';
import { withResults } from '../src/lib/setup/results';

const setup = (state: string, more: Partial<Setup> = {}): Setup =>
  ({
    domain: 'https://acme.okta.com',
    client_id: 'one',
    allow_loopback_http: false,
    checks: ['domain', 'client', 'token', 'groups'].map((name) => ({ name, state })),
    ...more,
  }) as unknown as Setup;
const states = (of: Setup): string[] => of.checks.map(({ state }) => state);

describe('what was found before a saving', () => {
  it('stays where nothing changed that it rests on', () => {
    const kept = withResults(setup('waiting'), setup('passed'), { secret: false, token: true });
    expect(states(kept)).toEqual(['passed', 'passed', 'waiting', 'waiting']);
    const other = withResults(setup('waiting', { client_id: 'two' }), setup('passed'), {
      secret: false,
      token: false,
    });
    expect(states(other)).toEqual(['passed', 'waiting', 'passed', 'passed']);
  });

  it('goes with the domain', () => {
    const moved = setup('waiting', { domain: 'https://other.okta.com' });
    expect(states(withResults(moved, setup('passed'), { secret: false, token: false }))).toEqual(
      states(moved),
    );
  });
});
