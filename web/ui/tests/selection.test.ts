import { describe, expect, it } from 'vitest';
import { cellCount, holds, rectangle, toTsv } from '../src/grid/selection';

describe('what is chosen in a grid', () => {
  it('is the same rectangle from whichever corner it is drawn', () => {
    const expected = { top: 2, left: 1, bottom: 5, right: 4 };
    expect(rectangle({ row: 2, column: 1 }, { row: 5, column: 4 })).toEqual(expected);
    expect(rectangle({ row: 5, column: 1 }, { row: 2, column: 4 })).toEqual(expected);
    expect(cellCount(expected)).toBe(16);
    expect(holds(expected, 5, 4)).toBe(true);
    expect(holds(expected, 6, 4)).toBe(false);
    expect(holds(undefined, 0, 0)).toBe(false);
  });
});

describe('copied text', () => {
  it('is tab-separated, in the order of the columns that are shown', () => {
    const rows = [
      [1, 'North', true],
      [2, 'South', false],
    ];
    expect(toTsv(rows, [1, 0])).toBe('North\t1\nSouth\t2');
    expect(toTsv(rows, [1, 0], ['Region', 'Sales'])).toBe('Region\tSales\nNorth\t1\nSouth\t2');
  });

  it('never lets a value break a row or a column', () => {
    expect(toTsv([['a\tb\r\nc', 'd\ne']], [0, 1])).toBe('a b c\td e');
  });

  it('gives nothing for null, and the exact digits of a decimal', () => {
    expect(toTsv([[null, '12345678901234567890.10']], [0, 1])).toBe('\t12345678901234567890.10');
  });

  it('keeps one single cell as it is', () => {
    expect(toTsv([['two\nlines\tand a tab']], [0])).toBe('two\nlines\tand a tab');
    expect(toTsv([[null]], [0])).toBe('');
  });
});
