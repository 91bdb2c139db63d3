import { describe as group, expect, it } from 'vitest';
import { place, seenColumns, WIDTH_MAX, WIDTH_MIN } from '../src/grid/columns';
import { describe, nextSort, operatorsFor, type GridColumn } from '../src/grid/query';

const column = (name: string, data_type: string, more: Partial<GridColumn> = {}): GridColumn => ({
  name,
  label: name,
  data_type,
  ...more,
});

group('sorting', () => {
  it('goes ascending, descending, none', () => {
    const up = nextSort([], 'a', false);
    expect(up).toEqual([{ column: 'a', descending: false }]);
    const down = nextSort(up, 'a', false);
    expect(down).toEqual([{ column: 'a', descending: true }]);
    expect(nextSort(down, 'a', false)).toEqual([]);
  });

  it('adds a key behind the others, and turns it in its place', () => {
    const first = nextSort([], 'a', false);
    const both = nextSort(first, 'b', true);
    expect(both.map((key) => key.column)).toEqual(['a', 'b']);
    expect(nextSort(both, 'a', true)).toEqual([
      { column: 'a', descending: true },
      { column: 'b', descending: false },
    ]);
    expect(nextSort(both, 'c', false)).toEqual([{ column: 'c', descending: false }]);
  });
});

group('filters', () => {
  it('offer what the type can do', () => {
    expect(operatorsFor(column('t', 'text'))[0]).toBe('contains');
    expect(operatorsFor(column('n', 'decimal'))).not.toContain('contains');
    expect(operatorsFor(column('b', 'boolean'))).toEqual(['eq', 'null', 'not_null']);
  });

  it('read like a sentence', () => {
    const region = column('r', 'text', { label: 'Region' });
    const day = column('d', 'date', { label: 'Order date' });
    expect(describe({ column: 'r', op: 'in', value: ['North', 'South'] }, region)).toBe(
      'Region is one of North, South',
    );
    expect(describe({ column: 'd', op: 'ge', value: '2026-01-01' }, day)).toBe(
      'Order date is on or after 2026-01-01',
    );
    expect(describe({ column: 'r', op: 'null' }, region)).toBe('Region is null');
    expect(describe({ column: 'r', op: 'eq', value: '' }, region)).toBe('Region is “”');
  });
});

group('columns', () => {
  const columns = [
    column('a', 'integer'),
    column('hidden', 'text', { visible: false }),
    column('b', 'text', { width: 300 }),
    column('c', 'text'),
  ];

  it('leave out what is hidden, and still know their place among the values', () => {
    const placed = place(columns, {}, 44);
    expect(placed.map(({ column: { name }, index, position }) => [name, index, position])).toEqual([
      ['a', 0, 0],
      ['b', 2, 1],
      ['c', 3, 2],
    ]);
    expect(placed[0]!.left).toBe(44);
    expect(placed[2]!.left).toBe(44 + placed[0]!.width + 300);
  });

  it('keep the width that a person gave, within reason', () => {
    const placed = place(columns, { a: 1, b: 5000, c: 210 }, 0);
    expect(placed.map(({ width }) => width)).toEqual([WIDTH_MIN, WIDTH_MAX, 210]);
  });

  it('are only those in sight', () => {
    const many = place(
      Array.from({ length: 300 }, (_, index) => column(`c${index}`, 'text', { width: 100 })),
      {},
      0,
    );
    const seen = seenColumns(many, 10_050, 10_950);
    expect(seen[0]!.column.name).toBe('c100');
    expect(seen.at(-1)!.column.name).toBe('c109');
  });
});
