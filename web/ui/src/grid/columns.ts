// Where columns stand. Widths come from the person, else from the View, else from what the type needs.

import { isNumeric } from '../format';
import type { GridColumn } from './query';

export const WIDTH_MIN = 56;
export const WIDTH_MAX = 900;
const LETTER_PX = 7.2;
const FRAME_PX = 26;
const TOOLS_PX = 30;

export interface PlacedColumn {
  column: GridColumn;
  /** Its place among the values of a row. */
  index: number;
  /** Its place among the columns that are shown. */
  position: number;
  left: number;
  width: number;
  right: boolean;
}

export function clampWidth(width: number): number {
  return Math.round(Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, width)));
}

/** Wide enough for this many letters. */
export function widthOf(letters: number, tools = 0): number {
  return clampWidth(letters * LETTER_PX + FRAME_PX + tools);
}

export function widthFor(column: GridColumn): number {
  const label = widthOf(column.label.length, TOOLS_PX);
  if (column.width) return clampWidth(column.width);
  if (column.data_type === 'boolean') return Math.max(label, 72);
  if (column.data_type === 'date') return Math.max(label, 104);
  if (column.data_type === 'datetime') return Math.max(label, 200);
  if (isNumeric(column)) return Math.max(label, 104);
  return Math.max(label, 180);
}

export function place(columns: GridColumn[], kept: Record<string, number>, from: number): PlacedColumn[] {
  let left = from;
  return columns
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => column.visible !== false)
    .map(({ column, index }, position) => {
      const width = clampWidth(kept[column.name] ?? widthFor(column));
      const placed = { column, index, position, left, width, right: isNumeric(column) };
      left += width;
      return placed;
    });
}

/** Columns that are seen between two edges, so that a result of 300 columns scrolls like one of ten. */
export function seenColumns(placed: PlacedColumn[], left: number, right: number): PlacedColumn[] {
  return placed.filter((column) => column.left + column.width > left && column.left < right);
}
