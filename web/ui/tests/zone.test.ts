import { describe, expect, it } from 'vitest';
import { instantOf, localOf } from '../src/grid/zone';

process.env.TZ = 'America/New_York';

describe('a filter by an instant', () => {
  it('means what is typed in the zone of the reader, winter and summer', () => {
    expect(instantOf('2026-01-31T08:30')).toBe('2026-01-31T13:30:00.000Z');
    expect(instantOf('2026-07-31T08:30:15')).toBe('2026-07-31T12:30:15.000Z');
  });

  it('is shown again as it was typed', () => {
    for (const typed of ['2026-01-31T08:30:00', '2026-07-31T23:59:59', '0999-01-02T03:04:05'])
      expect(localOf(instantOf(typed))).toBe(typed);
  });

  it('leaves what is no instant to the server', () => {
    expect(instantOf('yesterday')).toBe('yesterday');
    expect(localOf('yesterday')).toBe('yesterday');
  });
});
