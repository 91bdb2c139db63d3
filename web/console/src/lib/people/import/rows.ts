// People in a CSV file: which column is which attribute, and what each row would make.

import { parseCsv } from '$lib/csv';
import type { ProfileSchema } from '$lib/okta';
import { valueOfText, wrongText, type Attribute } from '$lib/profiles/attributes';

export const BYTES_MAX = 5 * 1024 * 1024;
export const ROWS_MAX = 10_000;
/** Beside the attributes: the password that somebody begins with. */
const PASSWORD = 'password';
const REQUIRED = ['firstName', 'lastName', 'email'];
/** Between several values of one cell. */
const LIST_MARK = '|';
const EMAIL = /^[^\s@]+@[^\s@]+$/;

export interface ImportRow {
  /** Its line among those of the file that hold something, from 2: the first are the names of the columns. */
  line: number;
  fields: string[];
  profile: Record<string, unknown>;
  password: string;
  errors: string[];
}

export interface Import {
  header: string[];
  /** Columns that are no attribute: they are not read. */
  unknown: string[];
  rows: ImportRow[];
  /** What is wrong with the file as a whole. */
  problem?: string;
}

export function attributesOfSchema({ definitions }: ProfileSchema): Attribute[] {
  return (['base', 'custom'] as const).flatMap((part) =>
    Object.entries(definitions[part]?.properties ?? {}).map(([name, schema]) => ({
      name,
      schema,
      custom: part === 'custom',
    })),
  );
}

export function readImport(text: string, attributes: Attribute[]): Import {
  const [header = [], ...lines] = parseCsv(text);
  const columns = header.map((title) => attributeOf(title, attributes));
  const unknown = header.filter((title, index) => columns[index] === undefined && title.trim() !== '');
  const found = (name: string): boolean => columns.includes(name);
  const missing = REQUIRED.filter((name) => !found(name) && !(name === 'email' && found('login')));
  const empty = { header, unknown, rows: [] };
  if (lines.length === 0) return { ...empty, problem: 'The file has no rows below its first line.' };
  if (lines.length > ROWS_MAX)
    return { ...empty, problem: `The file has more than ${ROWS_MAX} rows. Divide it.` };
  if (missing.length > 0)
    return { ...empty, problem: `The first line has to name these columns too: ${missing.join(', ')}.` };
  const doubled = columns.find((name, index) => name && columns.indexOf(name) !== index);
  if (doubled) return { ...empty, problem: `Two columns are ${doubled}.` };
  const seen = new Map<string, number>();
  const rows = lines.map((fields, index) => {
    const row = readRow(fields, index + 2, columns, attributes);
    const login = String(row.profile.login ?? '').toLowerCase();
    const before = seen.get(login);
    if (login && before !== undefined) row.errors.push(`login: The same as in line ${before}.`);
    else seen.set(login, row.line);
    return row;
  });
  return { header, unknown, rows };
}

/** By variable name or by the words that stand on the profile, whatever the case. */
function attributeOf(title: string, attributes: Attribute[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replace(/[\s_-]/g, '');
  const wanted = plain(title);
  if (wanted === PASSWORD) return PASSWORD;
  const known = attributes.find(({ name }) => plain(name) === wanted);
  return (known ?? attributes.find(({ schema }) => plain(schema.title) === wanted))?.name;
}

function readRow(
  fields: string[],
  line: number,
  columns: (string | undefined)[],
  attributes: Attribute[],
): ImportRow {
  const row: ImportRow = { line, fields, profile: {}, password: '', errors: [] };
  columns.forEach((name, index) => {
    const text = (fields[index] ?? '').trim();
    if (name === undefined || text === '') return;
    if (name === PASSWORD) {
      row.password = text;
      return;
    }
    const { schema } = attributes.find((attribute) => attribute.name === name)!;
    const lines = schema.type === 'array' ? text.split(LIST_MARK).join('\n') : text.toLowerCase();
    const typed = schema.type === 'array' || schema.type === 'boolean' ? lines : text;
    const wrong =
      schema.type === 'boolean' && !['true', 'false'].includes(typed)
        ? 'Type true or false.'
        : wrongText(typed, schema);
    if (wrong) row.errors.push(`${name}: ${wrong}`);
    else row.profile[name] = valueOfText(typed, schema);
  });
  row.profile.login ??= row.profile.email;
  row.profile.email ??= row.profile.login;
  for (const { name, schema } of attributes)
    if ((schema.required || REQUIRED.includes(name)) && row.profile[name] === undefined)
      row.errors.push(`${name}: Fill this in.`);
  const email = row.profile.email;
  if (email !== undefined && !EMAIL.test(String(email))) row.errors.push('email: This is no e-mail address.');
  return row;
}
