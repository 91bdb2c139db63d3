// The grid's keys: what a key means where one is. No element is touched here.

import type { Place } from './selection';

/** The row of the headings. */
export const HEAD = -1;
const WIDEN_PX = 16;

export type Meaning =
  | { do: 'move'; to: Place; extend: boolean }
  | { do: 'all' | 'row' | 'column' | 'clear' | 'copy' | 'filter' | 'open' }
  | { do: 'sort'; more: boolean }
  | { do: 'widen'; by: number };

export interface Extent {
  rows: number;
  columns: number;
  /** Rows of a page. */
  page: number;
}

export interface Key {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** `undefined`: the key is not ours. */
export function keyMeaning(key: Key, active: Place | undefined, extent: Extent): Meaning | undefined {
  const control = key.ctrlKey || key.metaKey;
  const letter = key.key.toLowerCase();
  if (control && letter === 'a') return { do: 'all' };
  if (control && letter === 'c') return { do: 'copy' };
  if (key.key === 'Escape') return active ? { do: 'clear' } : undefined;
  if (key.key === ' ' && active && active.row !== HEAD) {
    if (key.shiftKey) return { do: 'row' };
    return control ? { do: 'column' } : { do: 'open' };
  }
  if (key.altKey) return alternate(key, active);
  if (!control && !key.shiftKey && letter === 'f' && active) return { do: 'filter' };
  if (key.key === 'Enter' && active)
    return active.row === HEAD ? { do: 'sort', more: key.shiftKey } : { do: 'open' };
  return movement(key, control, active, extent);
}

function alternate(key: Key, active: Place | undefined): Meaning | undefined {
  if (!active) return undefined;
  if (key.key === 'ArrowDown') return { do: 'filter' };
  if (key.key === 'ArrowRight') return { do: 'widen', by: WIDEN_PX };
  if (key.key === 'ArrowLeft') return { do: 'widen', by: -WIDEN_PX };
  return undefined;
}

function movement(
  key: Key,
  control: boolean,
  active: Place | undefined,
  extent: Extent,
): Meaning | undefined {
  const last = { row: extent.rows - 1, column: extent.columns - 1 };
  const at = active ?? { row: 0, column: 0 };
  const targets: Record<string, Place> = {
    ArrowDown: { row: control ? last.row : at.row + 1, column: at.column },
    ArrowUp: { row: control ? Math.min(0, last.row) : at.row - 1, column: at.column },
    ArrowRight: { row: at.row, column: control ? last.column : at.column + 1 },
    ArrowLeft: { row: at.row, column: control ? 0 : at.column - 1 },
    PageDown: { row: at.row + extent.page, column: at.column },
    PageUp: { row: Math.max(0, at.row - extent.page), column: at.column },
    Home: control ? { row: 0, column: 0 } : { row: at.row, column: 0 },
    End: control ? last : { row: at.row, column: last.column },
  };
  const to = targets[key.key];
  if (!to) return undefined;
  // The first key only makes the first cell active.
  if (!active && !control && (key.key.startsWith('Arrow') || key.key.startsWith('Page')))
    return { do: 'move', to: at, extend: false };
  return {
    do: 'move',
    to: {
      row: Math.max(key.shiftKey ? 0 : HEAD, Math.min(last.row, to.row)),
      column: Math.max(0, Math.min(last.column, to.column)),
    },
    extend: key.shiftKey,
  };
}
