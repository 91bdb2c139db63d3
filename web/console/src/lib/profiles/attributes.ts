// Attributes of a user type: their data types, and a definition as a form holds it.

import type { AttributeSchema } from '$lib/okta';

/** `array:string` is a list of texts. */
export type DataType =
  'string' | 'number' | 'integer' | 'boolean' | 'array:string' | 'array:number' | 'array:integer';

export const DATA_TYPES: Record<DataType, string> = {
  string: 'string',
  number: 'number',
  integer: 'integer',
  boolean: 'boolean',
  'array:string': 'string array',
  'array:number': 'number array',
  'array:integer': 'integer array',
};

export interface Attribute {
  name: string;
  custom: boolean;
  schema: AttributeSchema;
}

export type Permission = 'HIDE' | 'READ_ONLY' | 'READ_WRITE';
export const PERMISSIONS: { value: Permission; label: string; help: string }[] = [
  { value: 'HIDE', label: 'Hide', help: 'People don’t see their own value.' },
  { value: 'READ_ONLY', label: 'Read only', help: 'They see it; administrators set it.' },
  { value: 'READ_WRITE', label: 'Read and write', help: 'They can change their own.' },
];

export function dataTypeOf({ type, items }: AttributeSchema): DataType {
  return (type === 'array' ? `array:${items?.type ?? 'string'}` : type) as DataType;
}

export function permissionOf({ permissions }: AttributeSchema): Permission {
  const own = permissions?.find(({ principal }) => principal === 'SELF');
  return (own?.action ?? 'READ_ONLY') as Permission;
}

export interface Draft {
  name: string;
  title: string;
  description: string;
  type: DataType;
  /** One value a line; `value = words` gives it words of its own. Empty: any value. */
  choices: string;
  min: string;
  max: string;
  required: boolean;
  unique: boolean;
  permission: Permission;
}

export function draftOf(attribute: Attribute | undefined): Draft {
  const schema = attribute?.schema;
  const source = schema?.type === 'array' ? schema.items : schema;
  const titled = source?.oneOf?.map(({ const: value, title }) =>
    String(value) === title ? title : `${value} = ${title}`,
  );
  return {
    name: attribute?.name ?? '',
    title: schema?.title ?? '',
    description: schema?.description ?? '',
    type: schema ? dataTypeOf(schema) : 'string',
    choices: (titled ?? source?.enum?.map(String) ?? []).join('\n'),
    min: schema?.minLength?.toString() ?? '',
    max: schema?.maxLength?.toString() ?? '',
    required: schema?.required ?? false,
    unique: schema?.unique ?? false,
    permission: schema ? permissionOf(schema) : 'READ_ONLY',
  };
}

/** Words for what is wrong with the values that a form lists. */
export function wrongChoices({ choices, type }: Draft): string | false {
  const values = choicesOf(choices, type);
  const wrong = values.find(({ value }) => typeof value === 'number' && Number.isNaN(value));
  if (wrong) return `“${wrong.title}” is not a number.`;
  if (new Set(values.map(({ value }) => value)).size < values.length) return 'A value stands here twice.';
  return false;
}

function choicesOf(text: string, type: DataType): { value: string | number; title: string }[] {
  const isNumber = !type.endsWith('string');
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      const [value = '', ...rest] = line.split('=').map((part) => part.trim());
      return { value: isNumber ? Number(value) : value, title: rest.join('=') || value };
    });
}

/** The definition that a form describes; null takes a property away that was there. */
export function definitionOf(draft: Draft): Record<string, unknown> {
  const { type } = draft;
  const list = type.startsWith('array:');
  const values = type === 'boolean' ? [] : choicesOf(draft.choices, type);
  const choices =
    values.length > 0
      ? {
          enum: values.map(({ value }) => value),
          oneOf: values.map(({ value, title }) => ({ const: value, title })),
        }
      : {};
  const size = (text: string): number | null =>
    type === 'string' && text.trim() !== '' ? Number(text) : null;
  return {
    title: draft.title.trim(),
    description: draft.description.trim() || null,
    type: list ? 'array' : type,
    ...(list
      ? { items: { type: type.slice('array:'.length), ...choices } }
      : { enum: null, oneOf: null, ...choices }),
    minLength: size(draft.min),
    maxLength: size(draft.max),
    required: draft.required,
    unique: draft.unique && !list && type !== 'boolean' ? true : null,
    permissions: [{ principal: 'SELF', action: draft.permission }],
  };
}

/** A variable name for what an attribute is called: `Favourite colour` becomes `favouriteColour`. */
export function variableOf(title: string): string {
  const words = title
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9 _]/g, '')
    .trim()
    .split(/[ _]+/)
    .filter(Boolean);
  const name = words
    .map((word, index) =>
      index === 0
        ? word.charAt(0).toLowerCase() + word.slice(1)
        : word.charAt(0).toUpperCase() + word.slice(1),
    )
    .join('');
  return /^[A-Za-z_]/.test(name) ? name : '';
}

/** A value of a profile as a field shows it: lists one value a line. */
export function textOfValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  return Array.isArray(value) ? value.map(String).join('\n') : String(value);
}

/** What a field holds, as the profile takes it; null: no value. */
export function valueOfText(text: string, { type, items }: AttributeSchema): unknown {
  const typed = text.trim();
  if (typed === '') return null;
  if (type === 'boolean') return typed === 'true';
  if (type === 'number' || type === 'integer') return Number(typed);
  if (type !== 'array') return typed;
  const lines = typed
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  return items?.type === 'string' ? lines : lines.map(Number);
}

/** Words for a field that can't be taken as it stands. */
export function wrongText(text: string, schema: AttributeSchema): string | false {
  if (schema.required && text.trim() === '') return `${schema.title} can’t be empty.`;
  const value = valueOfText(text, schema);
  const numbers = (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'number');
  if (numbers.some(Number.isNaN)) return 'Type numbers alone.';
  const whole = schema.type === 'integer' || schema.items?.type === 'integer';
  return whole && !numbers.every(Number.isInteger) && 'Type whole numbers alone.';
}
