// CSV as spreadsheets write and read it (RFC 4180): fields in quotes may hold separators, quotes and line ends.

const SEPARATORS = [',', ';', '\t'];
const MARK = /^\uFEFF/;

/** Rows of fields. The separator is the one that stands most often in the first line. Rows without any text are left out. */
export function parseCsv(text: string): string[][] {
  const source = text.replace(MARK, '');
  const first = source.split(/\r?\n/, 1)[0] ?? '';
  const count = (mark: string): number => first.split(mark).length;
  const separator = SEPARATORS.reduce((best, mark) => (count(mark) > count(best) ? mark : best));
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  const endRow = (): void => {
    row.push(field);
    if (row.some((one) => one.trim() !== '')) rows.push(row);
    row = [];
    field = '';
  };
  for (let at = 0; at < source.length; at += 1) {
    const mark = source[at]!;
    if (quoted) {
      if (mark !== '"') field += mark;
      else if (source[at + 1] === '"') {
        field += '"';
        at += 1;
      } else quoted = false;
    } else if (mark === '"' && field === '') quoted = true;
    else if (mark === separator) {
      row.push(field);
      field = '';
    } else if (mark === '\n') endRow();
    else if (mark !== '\r' || source[at + 1] !== '\n') field += mark;
  }
  endRow();
  return rows;
}

/** With `inert`, what a spreadsheet would take for a formula begins with an apostrophe. */
export function writeCsv(rows: string[][], inert = false): string {
  const field = (text: string): string => {
    const safe = inert && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `\uFEFF${rows.map((row) => row.map(field).join(',')).join('\r\n')}\r\n`;
}
