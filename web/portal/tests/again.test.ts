import { describe, expect, it } from 'vitest';
import type { Parameter, Run } from '../src/lib/api/types';
import { givenOf } from '../src/lib/reports/again';
import { typedAtFirst, valuesToSend } from '../src/lib/reports/parameters';

const parameter = (name: string, list: boolean): Parameter => ({
  name,
  label: name,
  data_type: 'text',
  required: false,
  default: null,
  list,
});

describe('a run that is run again', () => {
  it('has each value of a list by itself, also one with a comma', () => {
    const parameters = [parameter('Regions', true), parameter('Title', false), parameter('Note', false)];
    const run = {
      parameters: [
        { name: 'Regions', label: 'Regions', value: 'North, East, South', values: ['North, East', 'South'] },
        { name: 'Title', label: 'Title', value: 'a, b', values: ['a, b'] },
        { name: 'Note', label: 'Note', value: '', values: [] },
      ],
    } as unknown as Run;
    expect(valuesToSend(parameters, typedAtFirst(parameters, givenOf(run)))).toEqual({
      Regions: ['North, East', 'South'],
      Title: 'a, b',
    });
  });
});
