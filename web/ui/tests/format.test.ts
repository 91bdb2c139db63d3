import { describe, expect, it } from 'vitest';
import { ago, bytes, count, duration, formatCell, timeBeside, type ColumnShape } from '../src/format';

const shape = (data_type: string, format: ColumnShape['format'] = null): ColumnShape => ({
  data_type,
  format,
});
const text = (cell: Parameters<typeof formatCell>[0], column: ColumnShape, locale = 'en-US'): string =>
  formatCell(cell, column, locale).text.replaceAll('\u00a0', ' ').replaceAll('\u202f', ' ');

describe('cells', () => {
  it('tell null from empty', () => {
    expect(formatCell(null, shape('text'))).toMatchObject({ text: 'null', kind: 'null' });
    expect(formatCell('', shape('text'))).toMatchObject({ text: 'empty', kind: 'empty' });
    expect(formatCell(0, shape('integer'))).toMatchObject({ text: '0', kind: 'number' });
    expect(formatCell(false, shape('boolean'))).toMatchObject({ text: 'no' });
  });

  it('follow the reader’s locale', () => {
    expect(text('1234567.50', shape('decimal'))).toBe('1,234,567.50');
    expect(text('1234567.50', shape('decimal'), 'de-DE')).toBe('1.234.567,50');
    expect(text('1234567.50', shape('decimal'), 'fr-FR')).toBe('1 234 567,50');
    expect(text('2026-01-31', shape('date'), 'en-US')).toBe('01/31/2026');
    expect(text('2026-01-31', shape('date'), 'de-DE')).toBe('31.01.2026');
  });

  it('lose no digit of what JavaScript has no number for', () => {
    expect(text('12345678901234567890.12', shape('decimal'))).toBe('12,345,678,901,234,567,890.12');
    expect(text('9223372036854775807', shape('integer'))).toBe('9,223,372,036,854,775,807');
    expect(formatCell('9223372036854775807', shape('integer')).exact).toBe('9223372036854775807');
  });

  it('have any number of places after the point, also where the browser formats twenty at most', () => {
    const long = '-1234.1234567890123456789012345678901234567';
    expect(text(long, shape('decimal'))).toBe('-1,234.1234567890123456789012345678901234567');
    expect(text(long, shape('decimal', 'money'), 'de-DE')).toBe(
      '-1.234,1234567890123456789012345678901234567',
    );
    expect(text('0.0650000000000000000000000000001', shape('decimal', 'percent'))).toBe('6.5%');
  });

  it('keep the digits after the point that were given', () => {
    expect(text('12.30', shape('decimal'))).toBe('12.30');
    expect(text('12', shape('decimal', 'money'))).toBe('12.00');
    expect(text('12.345', shape('decimal', 'money'))).toBe('12.345');
    expect(text('0.065', shape('decimal', 'percent'))).toBe('6.5%');
    expect(text(0.1, shape('double'))).toBe('0.1');
  });

  it('lose no digit of a number that JavaScript writes with an exponent', () => {
    for (const [value, exact] of [
      [1.2345678901234566e-7, '0.00000012345678901234566'],
      [-1.5e-7, '-0.00000015'],
      [9.87654321e-12, '0.00000000000987654321'],
      [1e-16, '1e-16'],
      [1e21, '1e+21'],
    ] as const) {
      expect(formatCell(value, shape('double')).exact).toBe(exact);
      expect(Number(exact)).toBe(value);
    }
    expect(text(1.2345678901234566e-7, shape('double'))).toBe('0.00000012345678901234566');
  });

  it('show the first century as it is', () => {
    expect(text('0099-03-01', shape('date'), 'de-DE')).toBe('01.03.99');
    expect(formatCell('0099-03-01', shape('date'), 'en-CA').text).not.toContain('1999');
  });

  it('show of a date with its time the day alone where the View says so', () => {
    expect(text('2026-01-31T23:59:58', shape('datetime', 'date'), 'de-DE')).toBe('31.01.2026');
    expect(text('2026-01-31T12:00:00Z', shape('datetime', 'date'), 'de-DE')).toBe('31.01.2026');
    expect(formatCell('2026-01-31T23:59:58', shape('datetime', 'date')).exact).toBe('2026-01-31T23:59:58');
  });

  it('show a value that is not of its type as it is', () => {
    expect(text('NaN', shape('double'))).toBe('NaN');
    expect(text('infinity', shape('datetime'))).toBe('infinity');
  });

  it('show a time without a zone as written, whatever the zone of the reader', () => {
    expect(text('2026-01-31T23:59:58', shape('datetime'), 'de-DE')).toBe('31.01.2026, 23:59:58');
    expect(formatCell('2026-01-31T23:59:58', shape('datetime')).exact).toBe('2026-01-31T23:59:58');
  });

  it('leave text alone', () => {
    expect(text('<b>=1+1</b>', shape('text'))).toBe('<b>=1+1</b>');
    expect(text('007', shape('text'))).toBe('007');
  });
});

describe('figures beside a result', () => {
  it('are short and in the reader’s way', () => {
    expect(count(1234567, 'en-US')).toBe('1,234,567');
    expect(duration(12, 'en-US')).toBe('12 ms');
    expect(duration(1234, 'en-US')).toBe('1.2 s');
    expect(duration(59_400, 'en-US')).toBe('59 s');
    expect(duration(200_000, 'en-US')).toBe('3 min 20 s');
    expect(duration(7_500_000, 'en-US')).toBe('2 h 5 min');
    expect(bytes(812, 'en-US')).toBe('812 B');
    expect(bytes(4_230_000, 'en-US')).toBe('4.2 MB');
    expect(bytes(999_900, 'en-US')).toBe('1 MB');
  });

  it('are relative only under a day', () => {
    const now = Date.parse('2026-11-24T12:00:00Z');
    expect(ago('2026-11-24T11:59:48Z', now)).toBe('12 s ago');
    expect(ago('2026-11-24T11:15:00Z', now)).toBe('45 min ago');
    expect(ago('2026-11-24T15:00:00Z', now)).toBe('in 3 h');
    expect(ago('2026-11-20T12:00:00Z', now, 'en-US')).toBe('Nov 20, 2026');
  });

  it('the time of day stands beside a relative time, and beside no day', () => {
    const now = Date.parse('2026-11-24T12:00:00Z');
    expect(timeBeside('2026-11-24T11:15:00Z', now, 'en-GB')).toMatch(/^\d{2}:15$/);
    expect(timeBeside('2026-11-24T15:00:00Z', now, 'en-GB')).toMatch(/^\d{2}:00$/);
    expect(timeBeside('2026-11-20T12:00:00Z', now)).toBe('');
  });
});
