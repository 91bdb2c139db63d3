// Numbers, dates and sizes in the reader's locale and zone.
// Invariant: digits are never lost. A decimal comes as text and is formatted as text; the exact value is for the hover.

/** text, integer, decimal, double, date, datetime, boolean, binary; what is unknown is shown as text. */
export type DataType = string;
export type Cell = null | boolean | number | string;

export interface ColumnShape {
  data_type: DataType;
  format?: 'integer' | 'decimal' | 'money' | 'percent' | 'date' | 'datetime' | null;
}

export interface Shown {
  text: string;
  /** The value as the server gave it; for the hover and for copying. */
  exact: string;
  kind: 'null' | 'empty' | 'number' | 'instant' | 'boolean' | 'text';
}

const NULL: Shown = { text: 'null', exact: '', kind: 'null' };
const EMPTY: Shown = { text: 'empty', exact: '', kind: 'empty' };
const DECIMAL = /^-?\d+(\.\d+)?$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const ZONED = /T.*(Z|[+-]\d{2}:?\d{2})$/;

const numbers = new Map<string, Intl.NumberFormat>();
const instants = new Map<string, Intl.DateTimeFormat>();

function numberFormat(locale: string | undefined, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${locale}|${options.style}|${options.minimumFractionDigits}|${options.maximumFractionDigits}`;
  let format = numbers.get(key);
  if (!format) numbers.set(key, (format = new Intl.NumberFormat(locale, options)));
  return format;
}

function instantFormat(
  locale: string | undefined,
  name: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const key = `${locale}|${name}`;
  let format = instants.get(key);
  if (!format) instants.set(key, (format = new Intl.DateTimeFormat(locale, options)));
  return format;
}

const DAY_OPTIONS: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  timeZone: 'UTC',
};
const INSTANT_OPTIONS: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
};

export function isNumeric(column: ColumnShape): boolean {
  return ['integer', 'decimal', 'double'].includes(column.data_type);
}

/** Whether a date with its time is an instant, which is shown in the reader's zone, and not a time of no said zone. */
export function isZoned(cell: Cell | undefined): boolean {
  return typeof cell === 'string' && ZONED.test(cell);
}

/** One cell of a grid, for eyes and for the hover. */
export function formatCell(cell: Cell, column: ColumnShape, locale?: string): Shown {
  if (cell === null) return NULL;
  if (cell === '') return EMPTY;
  if (typeof cell === 'boolean') return { text: cell ? 'yes' : 'no', exact: String(cell), kind: 'boolean' };
  if (typeof cell === 'number' || isNumeric(column)) return numeric(cell, column, locale);
  if (column.data_type === 'date' || column.data_type === 'datetime')
    return instant(cell, column.format === 'date', locale);
  return { text: cell, exact: cell, kind: 'text' };
}

function numeric(cell: number | string, column: ColumnShape, locale?: string): Shown {
  const exact = typeof cell === 'number' ? plain(cell) : cell;
  if (!DECIMAL.test(exact)) return { text: exact, exact, kind: 'number' };
  const digits = exact.split('.')[1]?.length ?? 0;
  if (digits > PLACES_MAX && column.format !== 'percent')
    return { text: withManyPlaces(exact, locale), exact, kind: 'number' };
  let options: Intl.NumberFormatOptions;
  if (column.format === 'money')
    options = { minimumFractionDigits: 2, maximumFractionDigits: Math.max(2, digits) };
  else if (column.format === 'percent')
    options = {
      style: 'percent',
      minimumFractionDigits: 0,
      maximumFractionDigits: Math.min(PLACES_MAX, Math.max(0, digits - 2)),
    };
  else if (column.format === 'integer' && digits === 0) options = { maximumFractionDigits: 0 };
  else options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  // Text goes in as text: the format keeps all digits of it, which a number would not.
  return { text: numberFormat(locale, options).format(exact as unknown as number), exact, kind: 'number' };
}

/** Places after the point that every browser's number format takes; some refuse more. */
const PLACES_MAX = 20;

/** The whole part in the reader's way, and the places as they are. */
function withManyPlaces(exact: string, locale?: string): string {
  const [whole, places] = exact.split('.');
  const half = numberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).formatToParts(
    0.5,
  );
  const point = half.find(({ type }) => type === 'decimal')?.value ?? '.';
  return `${numberFormat(locale, { maximumFractionDigits: 0 }).format(whole as unknown as number)}${point}${places}`;
}

/** Smaller numbers keep their exponent: as many noughts say nothing. */
const PLAIN_FROM = 1e-15;

/** A small number without an exponent, with every digit that JavaScript writes for it: `1.5e-7` is `0.00000015`. */
function plain(value: number): string {
  const text = String(value);
  const parts = /^(-?)(\d)(?:\.(\d+))?e-(\d+)$/.exec(text);
  if (!parts || Math.abs(value) < PLAIN_FROM) return text;
  const [, sign, whole, fraction = '', exponent] = parts;
  return `${sign}0.${'0'.repeat(Number(exponent) - 1)}${whole}${fraction}`;
}

/** `dayAlone`: of a date with its time only the day is shown, as the View says. */
function instant(cell: string, dayAlone: boolean, locale?: string): Shown {
  if (DAY.test(cell)) {
    const at = Date.parse(`${cell}T00:00Z`);
    if (Number.isNaN(at)) return { text: cell, exact: cell, kind: 'text' };
    return { text: instantFormat(locale, 'day', DAY_OPTIONS).format(at), exact: cell, kind: 'instant' };
  }
  const zoned = isZoned(cell);
  const at = Date.parse(zoned ? cell : `${cell.replace(' ', 'T')}Z`);
  if (Number.isNaN(at)) return { text: cell, exact: cell, kind: 'text' };
  // A time without a zone is shown as it was written; one with a zone in the reader's.
  const options = dayAlone ? { ...DAY_OPTIONS, timeZone: undefined } : INSTANT_OPTIONS;
  const name = dayAlone ? 'day of' : 'time of';
  const text = zoned
    ? instantFormat(locale, `${name} an instant`, options).format(at)
    : instantFormat(locale, `${name} a local time`, { ...options, timeZone: 'UTC' }).format(at);
  return { text, exact: cell, kind: 'instant' };
}

/** `1,234,567` in the reader's way. */
export function count(value: number, locale?: string): string {
  return numberFormat(locale, { maximumFractionDigits: 0 }).format(value);
}

/** `12 ms`, `1.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number, locale?: string): string {
  if (ms < 1000) return `${count(Math.round(ms), locale)} ms`;
  if (ms < 60_000) {
    const digits = ms < 10_000 ? 1 : 0;
    return `${numberFormat(locale, { minimumFractionDigits: 0, maximumFractionDigits: digits }).format(ms / 1000)} s`;
  }
  const seconds = Math.round(ms / 1000);
  const [hours, minutes, rest] = [
    Math.floor(seconds / 3600),
    Math.floor((seconds % 3600) / 60),
    seconds % 60,
  ];
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  return rest > 0 ? `${minutes} min ${rest} s` : `${minutes} min`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `812 B`, `4.2 MB`; a kB is 1000 bytes. */
export function bytes(value: number, locale?: string): string {
  let index = 0;
  let scaled = value;
  while (scaled >= 999.5 && index < UNITS.length - 1) {
    scaled /= 1000;
    index += 1;
  }
  const digits = index > 0 && scaled < 10 ? 1 : 0;
  return `${numberFormat(locale, { maximumFractionDigits: digits }).format(scaled)} ${UNITS[index]}`;
}

/** An instant in the reader's zone, whole. */
export function instantText(at: string, locale?: string): string {
  return formatCell(at, { data_type: 'datetime' }, locale).text;
}

const DAY_MS = 86_400_000;

/** What stands beside a relative time: the time of day. Nothing beside a day, which is not relative. */
export function timeBeside(at: string, now: number, locale?: string): string {
  const instant = Date.parse(at);
  if (Number.isNaN(instant) || Math.abs(now - instant) >= DAY_MS) return '';
  return instantFormat(locale, 'time', { hour: '2-digit', minute: '2-digit' }).format(instant);
}

/** "4 min ago" under a day; the day after that. The exact instant stands on hover. */
export function ago(at: string, now: number, locale?: string): string {
  const ms = now - Date.parse(at);
  if (Number.isNaN(ms)) return at;
  if (Math.abs(ms) < 5000) return 'now';
  const words = (value: string): string => (ms >= 0 ? `${value} ago` : `in ${value}`);
  const span = Math.abs(ms);
  if (span < 60_000) return words(`${Math.round(span / 1000)} s`);
  if (span < 3_600_000) return words(`${Math.round(span / 60_000)} min`);
  if (span < DAY_MS) return words(`${Math.round(span / 3_600_000)} h`);
  return instantFormat(locale, 'short', { year: 'numeric', month: 'short', day: 'numeric' }).format(
    Date.parse(at),
  );
}
