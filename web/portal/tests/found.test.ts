import { describe, expect, it } from 'vitest';
import { columnsFor, labelFrom, nameFrom, parametersFor } from '../src/lib/views/found';
import type { Column, Parameter } from '../src/lib/api';

const parameter = (name: string, over: Partial<Parameter> = {}): Parameter => ({
  name,
  label: name,
  data_type: 'text',
  required: true,
  default: null,
  list: false,
  ...over,
});
const column = (name: string, over: Partial<Column> = {}): Column => ({
  name,
  label: name,
  data_type: 'text',
  format: null,
  width: null,
  visible: true,
  ...over,
});

describe('names', () => {
  it('become labels that read like words', () => {
    expect(labelFrom('MinimumRevenue')).toBe('Minimum revenue');
    expect(labelFrom('minimum_revenue')).toBe('Minimum revenue');
    expect(labelFrom('o_orderkey')).toBe('O orderkey');
    expect(labelFrom('From')).toBe('From');
  });

  it('keep abbreviations as they are written', () => {
    expect(labelFrom('RegionID')).toBe('Region ID');
    expect(labelFrom('VAT_Rate')).toBe('VAT rate');
  });

  it('of Views come from titles and are what the server takes', () => {
    expect(nameFrom('Pricing summary (new)')).toBe('pricing_summary_new');
    expect(nameFrom('Größe & Überblick')).toBe('gro_e_uberblick');
    expect(nameFrom('2026: figures')).toBe('figures');
    expect(nameFrom('  ')).toBe('');
  });
});

describe('parameters', () => {
  it('that are known keep their settings and place; new ones come after them', () => {
    const known = [parameter('To', { label: 'Until', data_type: 'date' }), parameter('From')];
    const now = parametersFor(['From', 'Region', 'To'], known, new Map());
    expect(now.map(({ name }) => name)).toEqual(['To', 'From', 'Region']);
    expect(now[0]).toMatchObject({ label: 'Until', data_type: 'date' });
    expect(now[2]).toMatchObject({ label: 'Region', data_type: 'text', required: true, default: null });
  });

  it('that go and come back still know what was said about them', () => {
    const gone = new Map<string, Parameter>();
    const without = parametersFor([], [parameter('Year', { label: 'Year of the order' })], gone);
    expect(without).toEqual([]);
    expect(parametersFor(['Year'], without, gone)[0]?.label).toBe('Year of the order');
  });
});

describe('columns', () => {
  it('stand in the order of the database, with the words of the publisher and the types of the database', () => {
    const known = [column('b', { label: 'Second', format: 'money' }), column('gone')];
    const now = columnsFor(
      [
        { name: 'a_thing', data_type: 'integer' },
        { name: 'b', data_type: 'decimal' },
      ],
      known,
    );
    expect(now.map(({ name }) => name)).toEqual(['a_thing', 'b']);
    expect(now[0]).toMatchObject({ label: 'A thing', data_type: 'integer', visible: true });
    expect(now[1]).toMatchObject({ label: 'Second', data_type: 'decimal', format: 'money' });
  });
});
