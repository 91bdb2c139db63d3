import { describe, expect, it } from 'vitest';
import { HEAD, keyMeaning, type Key } from '../src/grid/keys';

const extent = { rows: 2_000_000, columns: 5, page: 20 };
const at = { row: 100, column: 2 };
const press = (key: string, more: Partial<Key> = {}): Key => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...more,
});
const to = (key: Key, from = at): unknown => {
  const meaning = keyMeaning(key, from, extent);
  return meaning?.do === 'move' ? meaning.to : meaning;
};

describe('the keys of a grid', () => {
  it('move by cells, pages, to the ends of a row and of everything', () => {
    expect(to(press('ArrowDown'))).toEqual({ row: 101, column: 2 });
    expect(to(press('ArrowLeft'))).toEqual({ row: 100, column: 1 });
    expect(to(press('PageDown'))).toEqual({ row: 120, column: 2 });
    expect(to(press('Home'))).toEqual({ row: 100, column: 0 });
    expect(to(press('End'))).toEqual({ row: 100, column: 4 });
    expect(to(press('End', { ctrlKey: true }))).toEqual({ row: 1_999_999, column: 4 });
    expect(to(press('Home', { metaKey: true }))).toEqual({ row: 0, column: 0 });
  });

  it('stop at the edges', () => {
    expect(to(press('ArrowDown'), { row: 1_999_999, column: 4 })).toEqual({ row: 1_999_999, column: 4 });
    expect(to(press('ArrowRight'), { row: 0, column: 4 })).toEqual({ row: 0, column: 4 });
  });

  it('reach the headings from the first row, but do not choose them', () => {
    expect(to(press('ArrowUp'), { row: 0, column: 1 })).toEqual({ row: HEAD, column: 1 });
    expect(to(press('ArrowUp', { shiftKey: true }), { row: 0, column: 1 })).toEqual({ row: 0, column: 1 });
  });

  it('extend what is chosen with Shift', () => {
    expect(keyMeaning(press('ArrowDown', { shiftKey: true }), at, extent)).toMatchObject({ extend: true });
  });

  it('make the first cell active before anything moves', () => {
    expect(keyMeaning(press('ArrowDown'), undefined, extent)).toEqual({
      do: 'move',
      to: { row: 0, column: 0 },
      extend: false,
    });
  });

  it('sort and filter in a heading, open a value in a cell', () => {
    const head = { row: HEAD, column: 1 };
    expect(keyMeaning(press('Enter'), head, extent)).toEqual({ do: 'sort', more: false });
    expect(keyMeaning(press('Enter'), at, extent)).toEqual({ do: 'open' });
    expect(keyMeaning(press('f'), at, extent)).toEqual({ do: 'filter' });
    expect(keyMeaning(press('ArrowDown', { altKey: true }), head, extent)).toEqual({ do: 'filter' });
    expect(keyMeaning(press('ArrowRight', { altKey: true }), at, extent)).toEqual({ do: 'widen', by: 16 });
  });

  it('leave to the browser what is not theirs', () => {
    expect(keyMeaning(press('Tab'), at, extent)).toBeUndefined();
    expect(keyMeaning(press('r', { ctrlKey: true }), at, extent)).toBeUndefined();
  });
});
