// What of the rows is seen, and how the scroll bar, the wheel, the finger and the keys move it. The arithmetic is in
// scroll.ts; here it meets the element.
// Invariant: `top` is the truth, in pixels of all rows; the bar follows it and never the other way round, except when a
// person moves the bar.

import type { PlacedColumn } from './columns';
import * as bar from './scroll';
import { HEAD } from './keys';
import type { Place } from './selection';

export const HEAD_PX = 34;
const LINE_PX = 16;

export class Viewport {
  element = $state<HTMLElement>();
  width = $state(0);
  height = $state(0);
  top = $state(0);
  left = $state(0);
  rows = $state(0);
  row_px = $state(32);
  readonly measure = $derived<bar.Measure>({
    rows: this.rows,
    row_px: this.row_px,
    view_px: Math.max(0, this.height - HEAD_PX),
  });
  readonly seen = $derived(bar.seenRows(this.top, this.measure));
  readonly track_px = $derived(bar.trackHeight(this.measure) + HEAD_PX);

  /** Where we have put the bar ourselves: the scroll event of that is no wish of anybody's. */
  #placed = 0;

  /** After the number or the height of rows, or the view, has changed. */
  settle(): void {
    const held = bar.clampTop(this.top, this.measure);
    if (held !== this.top) this.top = held;
    this.#placeBar();
  }

  moveTo(top: number): void {
    this.top = bar.clampTop(top, this.measure);
    this.#placeBar();
  }

  #placeBar(): void {
    if (!this.element) return;
    const scroll = Math.round(bar.scrollOfTop(this.top, this.measure));
    if (Math.abs(this.element.scrollTop - scroll) < 1) return;
    this.element.scrollTop = scroll;
    this.#placed = this.element.scrollTop;
  }

  scrolled(): void {
    if (!this.element) return;
    this.left = this.element.scrollLeft;
    if (bar.isScaled(this.measure) && Math.abs(this.element.scrollTop - this.#placed) < 1) return;
    this.#placed = -1;
    this.top = bar.topOfScroll(this.element.scrollTop, this.measure);
  }

  /** Brings a cell into view, with as little movement as that takes. */
  show(place: Place, column: PlacedColumn | undefined, gutter: number): void {
    if (place.row !== HEAD) this.moveTo(bar.topShowing(place.row, this.top, this.measure));
    if (!this.element || !column) return;
    const from = column.left - gutter;
    const to = column.left + column.width - this.element.clientWidth;
    if (this.element.scrollLeft > from) this.element.scrollLeft = from;
    else if (this.element.scrollLeft < to) this.element.scrollLeft = Math.min(from, to);
    this.left = this.element.scrollLeft;
  }

  /** The row and the distance from the left that a pointer is at; outside, the nearest. */
  at(event: PointerEvent): { row: number; x: number } | undefined {
    if (!this.element || this.rows === 0) return undefined;
    const box = this.element.getBoundingClientRect();
    const y = Math.max(0, Math.min(this.measure.view_px - 1, event.clientY - box.top - HEAD_PX));
    return {
      row: Math.min(this.rows - 1, Math.floor((this.top + y) / this.row_px)),
      x: event.clientX - box.left + this.element.scrollLeft,
    };
  }

  /** On a scaled bar the wheel and the finger move the rows by their own pixels. An attachment. */
  readonly fine = (element: HTMLElement): (() => void) => {
    const scaled = (): boolean => bar.isScaled(this.measure);
    const wheel = (event: WheelEvent): void => {
      if (!scaled() || event.ctrlKey || event.shiftKey) return;
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
      event.preventDefault();
      const unit = event.deltaMode === 1 ? LINE_PX : event.deltaMode === 2 ? this.measure.view_px : 1;
      this.moveTo(this.top + event.deltaY * unit);
    };
    let touchY = 0;
    const touch = (event: TouchEvent): void => {
      touchY = event.touches[0]?.clientY ?? 0;
    };
    const drag = (event: TouchEvent): void => {
      const y = event.touches[0]?.clientY;
      if (y === undefined || event.touches.length > 1 || !scaled()) return;
      event.preventDefault();
      this.moveTo(this.top + touchY - y);
      touchY = y;
    };
    element.addEventListener('wheel', wheel, { passive: false });
    element.addEventListener('touchstart', touch, { passive: true });
    element.addEventListener('touchmove', drag, { passive: false });
    return () => {
      element.removeEventListener('wheel', wheel);
      element.removeEventListener('touchstart', touch);
      element.removeEventListener('touchmove', drag);
    };
  };
}

/** Calls `moved` with each move of a pressed pointer until it is let go, wherever it goes. */
export function dragging(moved: (event: PointerEvent) => void): void {
  const end = (): void => {
    removeEventListener('pointermove', moved);
    removeEventListener('pointerup', end);
    removeEventListener('pointercancel', end);
  };
  addEventListener('pointermove', moved);
  addEventListener('pointerup', end);
  addEventListener('pointercancel', end);
}
