// Words for data types and formats, as a publisher reads them.

import type { Option } from '@webreports/ui';
import type { Column, ParameterType } from '$lib/api';

export const TYPE_WORDS: Record<ParameterType, string> = {
  text: 'Text',
  integer: 'Whole number',
  decimal: 'Decimal',
  date: 'Date',
  datetime: 'Date and time',
  boolean: 'Yes or no',
};

export const TYPES: Option[] = Object.entries(TYPE_WORDS).map(([value, label]) => ({ value, label }));

/** The word for a type. */
export function typeWord(type: ParameterType): string {
  return TYPE_WORDS[type];
}

const FORMAT_WORDS: Record<NonNullable<Column['format']>, string> = {
  integer: 'Whole number',
  decimal: 'Decimal',
  money: 'Money',
  percent: 'Percent',
  date: 'Date',
  datetime: 'Date and time',
};

const NUMBER_FORMATS = ['integer', 'decimal', 'money', 'percent'] as const;

/** Formats that a column of this type can be shown in. */
export function formatsOf(column: Column): Option[] {
  const formats: NonNullable<Column['format']>[] =
    column.data_type === 'integer' || column.data_type === 'decimal'
      ? [...NUMBER_FORMATS]
      : column.data_type === 'datetime'
        ? ['datetime', 'date']
        : column.data_type === 'date'
          ? ['date']
          : [];
  if (column.format && !formats.includes(column.format)) formats.push(column.format);
  return [
    { value: '', label: 'As its type' },
    ...formats.map((value) => ({ value, label: FORMAT_WORDS[value] })),
  ];
}

/** The word for a format; none is as the type is shown. */
export function formatWord(format: Column['format']): string {
  return format === null ? '' : FORMAT_WORDS[format];
}
