// What is chosen in a grid: one rectangle from an anchor to the active cell, and its text for the clipboard.

import type { Cell } from '../format';

export interface Place {
  row: number;
  column: number;
}

export interface Rectangle {
  top: number;
  left: number;
  /** Included. */
  bottom: number;
  right: number;
}

/** More is refused with a word about Download, since a clipboard is no file. */
export const COPY_CELLS_MAX = 200_000;

export function rectangle(a: Place, b: Place): Rectangle {
  return {
    top: Math.min(a.row, b.row),
    left: Math.min(a.column, b.column),
    bottom: Math.max(a.row, b.row),
    right: Math.max(a.column, b.column),
  };
}

export function holds(chosen: Rectangle | undefined, row: number, column: number): boolean {
  if (!chosen) return false;
  return row >= chosen.top && row <= chosen.bottom && column >= chosen.left && column <= chosen.right;
}

export function cellCount(chosen: Rectangle): number {
  return (chosen.bottom - chosen.top + 1) * (chosen.right - chosen.left + 1);
}

/** A cell as clean text: exact, without what would break a row or a column. NULL is nothing. */
function clean(cell: Cell): string {
  return cell === null ? '' : String(cell).replace(/\r\n|[\t\r\n]/g, ' ');
}

/** Tab-separated text of some rows. One single cell keeps its lines and tabs: it is not a table. */
export function toTsv(rows: Cell[][], columns: number[], heads?: string[]): string {
  const only = rows.length === 1 && columns.length === 1 && !heads;
  if (only) {
    const cell = rows[0]?.[columns[0] ?? 0];
    return cell === null || cell === undefined ? '' : String(cell);
  }
  const lines = rows.map((row) => columns.map((column) => clean(row[column] ?? null)).join('\t'));
  if (heads) lines.unshift(heads.map(clean).join('\t'));
  return lines.join('\n');
}
