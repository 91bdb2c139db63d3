import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { View } from '../src/lib/api';
import { Draft } from '../src/lib/views/draft.svelte';

const view: View = {
  id: 'v1',
  name: 'pricing_summary',
  title: 'Pricing summary',
  description: 'What was billed.',
  category: 'Finance',
  version: 3,
  current_version: 3,
  published_at: '2026-01-02T03:04:05Z',
  published_by: 'Pia Sommerfeld',
  assignments_count: 2,
  actions: ['edit'],
  note: '',
  sql: 'select a from t where d >= ?From?',
  parameters: [
    { name: 'From', label: 'From', data_type: 'date', required: true, default: '1995-01-01', list: false },
  ],
  columns: [{ name: 'a', label: 'A', data_type: 'integer', format: null, width: null, visible: true }],
  fields: [],
  types: ['Details'],
  versions: [],
};

function storage(): Storage {
  const held = new Map<string, string>();
  return {
    getItem: (key: string) => held.get(key) ?? null,
    setItem: (key: string, value: string) => void held.set(key, value),
    removeItem: (key: string) => void held.delete(key),
    clear: () => held.clear(),
    key: () => null,
    length: 0,
  };
}

beforeEach(() => vi.stubGlobal('sessionStorage', storage()));

describe('a draft', () => {
  it('is clean as it was published, also after its parameters were found again', () => {
    const draft = new Draft(view);
    draft.foundParameters(['From']);
    expect(draft.dirty).toBe(false);
  });

  it('comes back after a reload, and says so', () => {
    const before = new Draft(view);
    before.content.title = 'Pricing summary, new';
    before.keep();
    const after = new Draft(view);
    expect(after.restored).toBe(true);
    expect(after.content.title).toBe('Pricing summary, new');
  });

  it('that comes back still knows from which version it began', () => {
    const before = new Draft(view);
    before.content.sql = 'select 1 as a';
    before.keep();
    const after = new Draft({ ...view, version: 4, current_version: 4 });
    expect(after.base).toBe(3);
  });

  it('of one person does not come back to another who signs in in the same tab', () => {
    const before = new Draft(view, undefined, 'p1');
    before.content.title = 'Other';
    before.keep();
    expect(new Draft(view, undefined, 'p2').restored).toBe(false);
    expect(new Draft(view, undefined, 'p1').restored).toBe(true);
  });

  it('does not come back once it was published or thrown away', () => {
    const before = new Draft(view);
    before.content.title = 'Other';
    before.keep();
    before.forget();
    expect(new Draft(view).restored).toBe(false);
  });

  it('keeps nothing when nothing was typed', () => {
    const draft = new Draft(view);
    draft.keep();
    expect(sessionStorage.getItem('webreports.view.v1.')).toBeNull();
  });

  it('works where storage is switched off', () => {
    vi.stubGlobal('sessionStorage', undefined);
    const draft = new Draft(view);
    draft.content.title = 'Other';
    draft.keep();
    draft.forget();
    expect(draft.dirty).toBe(true);
  });

  it('begun from an earlier version is the next one of the same View', () => {
    const draft = new Draft(view, { ...view, name: 'old_name', sql: 'select 1 as a', version: 1 });
    expect(draft.content.name).toBe('pricing_summary');
    expect(draft.content.sql).toBe('select 1 as a');
    expect(draft.base).toBe(3);
    expect(draft.dirty).toBe(true);
  });

  it('of a new View is named by its title until somebody names it', () => {
    const draft = new Draft(undefined);
    draft.content.title = 'Late suppliers';
    draft.titled();
    expect(draft.content.name).toBe('late_suppliers');
    draft.content.name = 'late';
    draft.named();
    draft.content.title = 'Late suppliers of a nation';
    draft.titled();
    expect(draft.content.name).toBe('late');
  });

  it('sends an empty default as none, and a column without a label under its name', () => {
    const draft = new Draft(view);
    draft.connection = 'c1';
    draft.content.parameters[0]!.default = '  ';
    draft.content.columns[0]!.label = '';
    const body = draft.body('  why  ');
    expect(body.parameters?.[0]?.default).toBeNull();
    expect(body.columns?.[0]?.label).toBe('a');
    expect(body.note).toBe('why');
    expect(body.connection_id).toBe('c1');
  });
});
