import { describe, expect, it } from 'vitest';
import { Once } from '../src/lib/reports/once';

describe('the key of a request', () => {
  it('is the same when the same is asked again, and another when something else is', () => {
    const once = new Once();
    const first = once.keyFor({ parameters: { Year: '2026' }, asked: 'execute' });
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(once.keyFor({ parameters: { Year: '2026' }, asked: 'execute' })).toBe(first);
    const other = once.keyFor({ parameters: { Year: '2025' }, asked: 'execute' });
    expect(other).not.toBe(first);
    expect(new Once().keyFor({ parameters: { Year: '2025' }, asked: 'execute' })).not.toBe(other);
  });
});
