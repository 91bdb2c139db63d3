// What a grid asks for, and in which words: sort keys, filters, pages. The server answers; the grid only words it.

import { formatCell, isNumeric, isZoned, type Cell, type ColumnShape } from '../format';

export interface GridColumn extends ColumnShape {
  name: string;
  label: string;
  width?: number | null;
  visible?: boolean;
}

export interface SortKey {
  column: string;
  descending: boolean;
}

export type FilterOperator =
  'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'contains' | 'starts' | 'null' | 'not_null' | 'in';

export interface Filter {
  column: string;
  op: FilterOperator;
  value?: string | string[];
}

export interface PageRequest {
  offset: number;
  limit: number;
  sort: SortKey[];
  filter: Filter[];
}

export interface Page {
  offset: number;
  total: number;
  total_final: boolean;
  rows: Cell[][];
}

export type GridLoad = (request: PageRequest, signal: AbortSignal) => Promise<Page>;

const TEXT: FilterOperator[] = ['contains', 'starts', 'eq', 'ne', 'in', 'null', 'not_null'];
const ORDERED: FilterOperator[] = ['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'in', 'null', 'not_null'];
const BOOLEAN: FilterOperator[] = ['eq', 'null', 'not_null'];
const BINARY: FilterOperator[] = ['null', 'not_null'];

export function isInstant(column: ColumnShape): boolean {
  return column.data_type === 'date' || column.data_type === 'datetime';
}

/** Operators that make sense for a column, the most useful first. */
export function operatorsFor(column: ColumnShape): FilterOperator[] {
  if (column.data_type === 'boolean') return BOOLEAN;
  if (column.data_type === 'binary') return BINARY;
  return isNumeric(column) || isInstant(column) ? ORDERED : TEXT;
}

/** "is at least", "is on or after": the operator in the words of the column's type. */
export function wordsFor(op: FilterOperator, column: ColumnShape): string {
  const when = isInstant(column);
  const words: Record<FilterOperator, string> = {
    eq: 'is',
    ne: 'is not',
    lt: when ? 'is before' : 'is less than',
    le: when ? 'is on or before' : 'is at most',
    gt: when ? 'is after' : 'is more than',
    ge: when ? 'is on or after' : 'is at least',
    contains: 'contains',
    starts: 'starts with',
    null: 'is null',
    not_null: 'is not null',
    in: 'is one of',
  };
  return words[op];
}

export function needsValue(op: FilterOperator): boolean {
  return op !== 'null' && op !== 'not_null';
}

/** A filter as one reads it: `Region is one of North, South`. */
export function describe(filter: Filter, column: GridColumn): string {
  // An instant is said as the grid shows it: in the reader's zone.
  const said = (held: string): string =>
    isZoned(held) ? formatCell(held, { data_type: 'datetime' }).text : held;
  const value = Array.isArray(filter.value)
    ? filter.value.map(said).join(', ')
    : filter.value && said(filter.value);
  const shown = value === '' ? '“”' : value;
  return `${column.label} ${wordsFor(filter.op, column)}${needsValue(filter.op) ? ` ${shown}` : ''}`;
}

/** A click goes ascending, descending, none; with `more` the other keys stay and come first. */
export function nextSort(sort: SortKey[], column: string, more: boolean): SortKey[] {
  const held = sort.find((key) => key.column === column);
  const others = more ? sort.filter((key) => key.column !== column) : [];
  if (!held) return [...others, { column, descending: false }];
  if (held.descending) return others;
  const turned = { column, descending: true };
  return more ? sort.map((key) => (key === held ? turned : key)) : [turned];
}
