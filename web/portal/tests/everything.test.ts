import { describe, expect, it } from 'vitest';
import { everything } from '../src/lib/everything';

describe('everything of a short list', () => {
  it('goes along the cursor to the end', async () => {
    const pages: Record<string, { items: number[]; next: string | null }> = {
      '': { items: [1, 2], next: '2' },
      2: { items: [3], next: null },
    };
    expect(await everything(({ after }) => Promise.resolve(pages[after ?? '']!))).toEqual([1, 2, 3]);
  });

  it('ends though a cursor leads in a circle', async () => {
    const items = await everything(() => Promise.resolve({ items: [1], next: 'again' }));
    expect(items.length).toBe(10);
  });
});
