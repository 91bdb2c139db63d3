import { describe, expect, it } from 'vitest';
import { MoreOf } from '../src/list.svelte';

const row = (id: string): { id: string } => ({ id });

describe('a list with more to show', () => {
  it('adds the next part and knows when that was the last', async () => {
    const first = { items: [row('a')], next: 'a' };
    const list = new MoreOf(
      () => first,
      (after) => Promise.resolve({ items: [row('b')], next: after === 'a' ? null : 'x' }),
    );
    await list.more();
    expect(list.items.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(list.next).toBeNull();
  });

  it('shows no row twice, though rows have moved between two answers', async () => {
    const first = { items: [row('a'), row('b')], next: 'b' };
    const list = new MoreOf(
      () => first,
      () => Promise.resolve({ items: [row('b'), row('c')], next: null }),
    );
    await list.more();
    expect(list.items.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('drops what was added when the first part is loaded anew', async () => {
    let first = { items: [row('a')], next: 'a' as string | null };
    const list = new MoreOf(
      () => first,
      () => Promise.resolve({ items: [row('b')], next: null }),
    );
    await list.more();
    first = { items: [row('z')], next: null };
    expect(list.items.map(({ id }) => id)).toEqual(['z']);
  });

  it('says what went wrong and can be asked again', async () => {
    let broken = true;
    const list = new MoreOf(
      () => ({ items: [row('a')], next: 'a' }),
      () => (broken ? Promise.reject(new Error('broken')) : Promise.resolve({ items: [], next: null })),
    );
    await list.more();
    expect(list.problem?.detail).toBe('broken');
    broken = false;
    await list.more();
    expect(list.problem).toBeUndefined();
  });
});
