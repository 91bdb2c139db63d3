// From a scroll bar to rows. Browsers end an element at 16 to 33 million pixels, 2,000,000 rows need 64 million:
// past TRACK_MAX the bar is a scale of the content, and the wheel and the keys move the content itself.
// Invariant: every row can be reached, and the end of the bar is the end of the rows.

/** Safe in every browser, zoomed in, on dense screens. */
export const TRACK_MAX_PX = 6_000_000;

export interface Measure {
  rows: number;
  row_px: number;
  /** What is seen of the rows, without the head. */
  view_px: number;
}

/** Height of all rows, which no element need have. */
export function contentHeight(measure: Measure): number {
  return measure.rows * measure.row_px;
}

/** Height of the element that gives the bar its length. */
export function trackHeight(measure: Measure): number {
  return Math.min(contentHeight(measure), TRACK_MAX_PX);
}

export function isScaled(measure: Measure): boolean {
  return contentHeight(measure) > TRACK_MAX_PX;
}

/** How far down the content can go. */
export function topMax(measure: Measure): number {
  return Math.max(0, contentHeight(measure) - measure.view_px);
}

export function clampTop(top: number, measure: Measure): number {
  return Math.max(0, Math.min(topMax(measure), top));
}

/** From the bar's place to the content's. */
export function topOfScroll(scroll: number, measure: Measure): number {
  const range = trackHeight(measure) - measure.view_px;
  if (range <= 0) return 0;
  if (!isScaled(measure)) return clampTop(scroll, measure);
  return clampTop((scroll / range) * topMax(measure), measure);
}

/** From the content's place to the bar's. */
export function scrollOfTop(top: number, measure: Measure): number {
  const range = trackHeight(measure) - measure.view_px;
  if (range <= 0) return 0;
  if (!isScaled(measure)) return top;
  return (top / topMax(measure)) * range;
}

export interface Span {
  first: number;
  /** Not included. */
  end: number;
}

/** The rows that are seen, in part or whole. */
export function seenRows(top: number, measure: Measure): Span {
  const first = Math.min(measure.rows, Math.floor(top / measure.row_px));
  const end = Math.min(measure.rows, Math.ceil((top + measure.view_px) / measure.row_px));
  return { first, end: Math.max(first, end) };
}

/** The nearest place at which a row is seen whole; the same place when it is already. */
export function topShowing(row: number, top: number, measure: Measure): number {
  const above = row * measure.row_px;
  const below = above + measure.row_px - measure.view_px;
  if (top > above) return clampTop(above, measure);
  if (top < below) return clampTop(below, measure);
  return top;
}
