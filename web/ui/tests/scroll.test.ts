import { describe, expect, it } from 'vitest';
import * as bar from '../src/grid/scroll';

const small: bar.Measure = { rows: 100, row_px: 32, view_px: 640 };
const large: bar.Measure = { rows: 2_000_000, row_px: 32, view_px: 640 };

describe('the scroll bar of a grid', () => {
  it('is the content itself while that is short enough for a browser', () => {
    expect(bar.isScaled(small)).toBe(false);
    expect(bar.trackHeight(small)).toBe(3200);
    expect(bar.topOfScroll(777, small)).toBe(777);
    expect(bar.scrollOfTop(777, small)).toBe(777);
  });

  it('stays below what any browser can make when there are two million rows', () => {
    expect(bar.isScaled(large)).toBe(true);
    expect(bar.trackHeight(large)).toBe(bar.TRACK_MAX_PX);
    expect(bar.TRACK_MAX_PX).toBeLessThan(16_000_000);
  });

  it('reaches the last row at its end, and the first at its beginning', () => {
    const end = bar.topOfScroll(bar.trackHeight(large) - large.view_px, large);
    expect(end).toBe(bar.topMax(large));
    expect(bar.seenRows(end, large)).toEqual({ first: 1_999_980, end: 2_000_000 });
    expect(bar.seenRows(bar.topOfScroll(0, large), large)).toEqual({ first: 0, end: 20 });
  });

  it('goes to the bar and back without drifting by more than a row', () => {
    for (const top of [0, 1, 31, 12_345, 32_000_000, bar.topMax(large)]) {
      const scroll = bar.scrollOfTop(top, large);
      expect(Math.abs(bar.topOfScroll(scroll, large) - top)).toBeLessThan(0.01);
    }
  });

  it('never goes past either end', () => {
    expect(bar.clampTop(-50, large)).toBe(0);
    expect(bar.clampTop(1e12, large)).toBe(bar.topMax(large));
    expect(bar.topOfScroll(1e12, large)).toBe(bar.topMax(large));
  });

  it('stands still when all rows fit, or there are none', () => {
    const few = { rows: 3, row_px: 32, view_px: 640 };
    expect(bar.topOfScroll(10, few)).toBe(0);
    expect(bar.seenRows(0, few)).toEqual({ first: 0, end: 3 });
    expect(bar.seenRows(0, { ...few, rows: 0 })).toEqual({ first: 0, end: 0 });
  });

  it('shows a row by the least movement', () => {
    expect(bar.topShowing(10, 0, small)).toBe(0);
    expect(bar.topShowing(20, 0, small)).toBe(32);
    expect(bar.topShowing(2, 640, small)).toBe(64);
    expect(bar.topShowing(99, 0, small)).toBe(bar.topMax(small));
  });

  it('counts rows that are seen in part', () => {
    expect(bar.seenRows(16, small)).toEqual({ first: 0, end: 21 });
  });
});
