// A connection profile between the API and a form, where all is text.
// Invariants: the password is only ever sent, never shown; what is typed for one kind stays while the other is looked at.

import type { Connection, ConnectionKind, Encryption, NewConnection } from '$lib/api';

export const KIND_WORDS: Record<ConnectionKind, string> = { sqlite: 'SQLite', postgresql: 'PostgreSQL' };

/** The names that the server gives to what does not fit. */
export const FIELDS = [
  'name',
  'kind',
  'sqlite.path',
  'postgresql.host',
  'postgresql.port',
  'postgresql.database',
  'postgresql.user',
  'password',
  'timeout_ms',
  'rows_max',
  'concurrent_max',
  'publishers',
];

/** Where it leads, in one line. */
export function placeOf({ sqlite, postgresql }: Connection): string {
  if (sqlite) return sqlite.path;
  if (!postgresql) return '';
  const { host, port, database } = postgresql;
  return `${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
}

interface Typed {
  name: string;
  kind: ConnectionKind;
  path: string;
  host: string;
  port: string;
  database: string;
  user: string;
  tls: Encryption;
  timeout: string;
  rows: string;
  concurrent: string;
  /** Whether only some may publish against it. */
  restricted: boolean;
  publishers: string[];
}

/** A new profile, as the server has it: five minutes, ten million rows, four at once. */
const USUAL = { timeout_s: 300, rows: 10_000_000, concurrent: 4 };

function typedOf(connection: Connection | undefined): Typed {
  return {
    name: connection?.name ?? '',
    kind: connection?.kind ?? 'postgresql',
    path: connection?.sqlite?.path ?? '',
    host: connection?.postgresql?.host ?? '',
    port: String(connection?.postgresql?.port ?? 5432),
    database: connection?.postgresql?.database ?? '',
    user: connection?.postgresql?.user ?? '',
    tls: connection?.postgresql?.tls ?? 'verify',
    timeout: String((connection?.timeout_ms ?? USUAL.timeout_s * 1000) / 1000),
    rows: String(connection?.rows_max ?? USUAL.rows),
    concurrent: String(connection?.concurrent_max ?? USUAL.concurrent),
    restricted: connection?.publishers != null,
    publishers: connection?.publishers ?? [],
  };
}

const WHOLE = /^\d{1,12}$/;

export class ConnectionForm {
  typed = $state<Typed>(typedOf(undefined));
  password = $state('');
  #saved = $state('');

  constructor(connection: Connection | undefined) {
    this.take(connection);
  }

  take(connection: Connection | undefined): void {
    this.typed = typedOf(connection);
    this.password = '';
    this.#saved = JSON.stringify(this.typed);
  }

  get dirty(): boolean {
    return this.password !== '' || JSON.stringify(this.typed) !== this.#saved;
  }

  /** What can't be sent, by the server's names. */
  missing(): Record<string, string | false> {
    const { typed } = this;
    const of = (kind: ConnectionKind, wrong: boolean, words: string): string | false =>
      typed.kind === kind && wrong && words;
    const port = Number(typed.port);
    const seconds = Number(typed.timeout);
    return {
      name: typed.name.trim() === '' && 'Write a name by which publishers know it.',
      'sqlite.path': of('sqlite', typed.path.trim() === '', 'Write the path of the file on the server.'),
      'postgresql.host': of(
        'postgresql',
        typed.host.trim() === '',
        'Write the name or the address of the server.',
      ),
      'postgresql.port': of(
        'postgresql',
        !WHOLE.test(typed.port.trim()) || port < 1 || port > 65_535,
        'Write 1 to 65535; the usual one is 5432.',
      ),
      'postgresql.database': of(
        'postgresql',
        typed.database.trim() === '',
        'Write the name of the database.',
      ),
      'postgresql.user': of('postgresql', typed.user.trim() === '', 'Write the user who reads.'),
      timeout_ms: (!Number.isFinite(seconds) || seconds <= 0) && 'Write a number of seconds, like 300.',
      rows_max: !WHOLE.test(typed.rows.trim()) && 'Write a number of rows, like 10000000.',
      concurrent_max: !WHOLE.test(typed.concurrent.trim()) && 'Write how many may run at once, like 4.',
      publishers:
        typed.restricted && typed.publishers.length === 0 && 'Choose at least one publisher, or all.',
    };
  }

  body(): NewConnection {
    const { typed } = this;
    return {
      name: typed.name.trim(),
      kind: typed.kind,
      ...(typed.kind === 'sqlite'
        ? { sqlite: { path: typed.path.trim() } }
        : {
            postgresql: {
              host: typed.host.trim(),
              port: Number(typed.port),
              database: typed.database.trim(),
              user: typed.user.trim(),
              tls: typed.tls,
            },
            ...(this.password ? { password: this.password } : {}),
          }),
      timeout_ms: Math.round(Number(typed.timeout) * 1000),
      rows_max: Number(typed.rows),
      concurrent_max: Number(typed.concurrent),
      ...(typed.restricted ? { publishers: [...typed.publishers] } : {}),
    };
  }
}
