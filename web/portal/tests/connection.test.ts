import { describe, expect, it } from 'vitest';
import type { Connection } from '../src/lib/api';
import { ConnectionForm, placeOf } from '../src/lib/management/connection.svelte';

const connection: Connection = {
  id: 'c1',
  name: 'Warehouse',
  kind: 'postgresql',
  sqlite: null,
  postgresql: { host: 'db.example', port: 5433, database: 'dwh', user: 'reader', tls: 'require' },
  password_set: true,
  timeout_ms: 90_000,
  rows_max: 1_000_000,
  concurrent_max: 4,
  publishers: ['p1'],
  actions: ['edit', 'test', 'delete', 'publish'],
};

const wrong = (form: ConnectionForm): string[] =>
  Object.entries(form.missing())
    .filter(([, words]) => words !== false)
    .map(([name]) => name);

describe('the form of a connection profile', () => {
  it('sends what it was given, without a password when none was typed', () => {
    const form = new ConnectionForm(connection);
    expect(form.dirty).toBe(false);
    expect(wrong(form)).toEqual([]);
    expect(form.body()).toEqual({
      name: 'Warehouse',
      kind: 'postgresql',
      postgresql: connection.postgresql,
      timeout_ms: 90_000,
      rows_max: 1_000_000,
      concurrent_max: 4,
      publishers: ['p1'],
    });
  });

  it('leaves the named publishers out only when all may publish', () => {
    const form = new ConnectionForm(connection);
    form.typed.restricted = false;
    expect(form.body()).not.toHaveProperty('publishers');
    form.typed.restricted = true;
    form.typed.publishers = [];
    expect(wrong(form)).toEqual(['publishers']);
  });

  it('sends a password that was typed and forgets it once it is saved', () => {
    const form = new ConnectionForm(connection);
    form.password = 'of the vault';
    expect(form.dirty).toBe(true);
    expect(form.body().password).toBe('of the vault');
    form.take(connection);
    expect(form.password).toBe('');
  });

  it('never sends a password along with a file', () => {
    const form = new ConnectionForm(connection);
    form.password = 'of the vault';
    form.typed.kind = 'sqlite';
    form.typed.path = '/srv/a.sqlite';
    expect(form.body()).not.toHaveProperty('password');
    expect(form.body()).not.toHaveProperty('postgresql');
  });

  it('keeps what was typed for one kind while the other is looked at', () => {
    const form = new ConnectionForm(connection);
    form.typed.kind = 'sqlite';
    expect(wrong(form)).toEqual(['sqlite.path']);
    form.typed.kind = 'postgresql';
    expect(form.typed.host).toBe('db.example');
    expect(form.dirty).toBe(false);
  });

  it('says by field what can not be meant', () => {
    const form = new ConnectionForm(undefined);
    form.typed.port = '99999';
    form.typed.timeout = 'soon';
    form.typed.rows = '1e6';
    expect(wrong(form)).toEqual([
      'name',
      'postgresql.host',
      'postgresql.port',
      'postgresql.database',
      'postgresql.user',
      'timeout_ms',
      'rows_max',
    ]);
  });
});

describe('the place of a connection', () => {
  it('is one line, with an address of version 6 in brackets', () => {
    expect(placeOf(connection)).toBe('db.example:5433/dwh');
    const six = { ...connection, postgresql: { ...connection.postgresql!, host: '::1' } };
    expect(placeOf(six)).toBe('[::1]:5433/dwh');
    expect(placeOf({ ...connection, postgresql: null, sqlite: { path: '/a.sqlite' } })).toBe('/a.sqlite');
    expect(placeOf({ ...connection, postgresql: null })).toBe('');
  });
});
