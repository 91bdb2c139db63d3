// Content that wants to break a page: markup, marks that turn the direction, letters that stack, one word without an end.

/** Runs when a page takes text for markup; {@link executed} asks. */
const MARKUP = '<img src=x onerror="globalThis.executed=1">';
const WORD = 'Donaudampfschifffahrtsgesellschaftskapitän'.repeat(4);
const DIRECTION = '\u202Eright-to-left\u202C עברית العربية';
const STACKED = 'Z\u0361\u0321\u0334a\u0300\u0301\u0302l\u0315\u0358g\u0336\u0337o\u0489';
const SHIPS = '👩‍👩‍👧‍👦🚢🏴‍☠️';

/** Hostile text of so many characters at most. */
export function hostile(length) {
  const text = `${MARKUP} ${STACKED} ${SHIPS} ${DIRECTION} ${WORD}`;
  // A character of two halves is not cut between them.
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

export const executed = (page) => page.evaluate(() => globalThis.executed === 1);

const COLUMNS = 200;
const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

/** Rows of a thousand characters a cell, NULLs, empty text and numbers, in two hundred columns. */
export const HOSTILE_SQL = `select ${[
  `${quoted(hostile(1000).padEnd(1000, 'x'))} as "markup"`,
  `null as "nothing"`,
  `'' as "blank"`,
  `-9223372036854775807 as "least"`,
  `1.7976931348623157e308 as "most"`,
  `'one' || char(10) || 'two' || char(9) || 'three' as "lines"`,
  ...Array.from({ length: COLUMNS - 6 }, (_, index) => `${index} as "column_${index + 7}_of_many"`),
].join(',\n  ')}
union all select null, null, null, null, null, null${', null'.repeat(COLUMNS - 6)}`;
