import { describe, expect, it } from 'vitest';
import type { Parameter } from '../src/lib/api/types';
import { check, typedAtFirst, valuesToSend } from '../src/lib/reports/parameters';

const parameter = (
  name: string,
  data_type: Parameter['data_type'],
  more: Partial<Parameter> = {},
): Parameter => ({
  name,
  label: name,
  data_type,
  required: false,
  default: null,
  list: false,
  ...more,
});

const YEAR = parameter('Year', 'integer', { required: true, default: '2026' });
const LEAST = parameter('Least', 'decimal');
const NAME = parameter('Name', 'text');
const OPEN = parameter('Open', 'boolean');
const LINES = parameter('Lines', 'integer', { list: true });
const ALL = [YEAR, LEAST, NAME, OPEN, LINES];

describe('parameters', () => {
  it('begin with what was given before, else with their defaults', () => {
    expect(typedAtFirst([YEAR, NAME])).toEqual({ Year: '2026', Name: '' });
    expect(typedAtFirst([YEAR, NAME], { Year: '1996', Name: null })).toEqual({ Year: '1996', Name: '' });
  });

  it('say what is missing and what cannot be meant, each by its name', () => {
    const errors = check(ALL, { Year: '', Least: '12 000', Name: '', Open: '', Lines: '1\nx' });
    expect(Object.keys(errors)).toEqual(['Year', 'Least', 'Lines']);
    expect(check(ALL, { Year: '2026', Least: '-1.5', Name: '', Open: '', Lines: '1\n2' })).toEqual({});
  });

  it('are sent with all their digits, and left out when nothing was written', () => {
    expect(
      valuesToSend(ALL, {
        Year: ' 2026 ',
        Least: '12345678901234567890.10',
        Name: '',
        Open: 'false',
        Lines: '1\n\n 2 ',
      }),
    ).toEqual({ Year: '2026', Least: '12345678901234567890.10', Open: false, Lines: ['1', '2'] });
  });

  it('keep the spaces of a text, since they may be meant', () => {
    expect(valuesToSend([NAME], { Name: ' a ' })).toEqual({ Name: ' a ' });
  });
});
