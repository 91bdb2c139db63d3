// Bodies of what publishers and administrators work with: Views, connection profiles, assignments, people, the log.

import type {
  Cell,
  Column,
  Instant,
  Parameter,
  ParameterType,
  ParameterValue,
  Permission,
  ReportType,
} from './types';

export interface Person {
  id: string;
  name: string;
  login: string;
  email: string;
  /** Where the person is managed. */
  source: 'okta' | 'local';
  roles: string[];
  /** `active`, or what keeps the person out. */
  status: string;
  last_sign_in: Instant | null;
}

export interface PersonDetails extends Person {
  groups: string[];
  fields: { field_id: string; identifier: string; value: string }[];
}

export interface Role {
  id: string;
  name: string;
  group: string;
  permissions: Permission[];
  preset: boolean;
  people_count: number;
}

export interface NewDefinedField {
  name: string;
  /** With its `@`. */
  identifier: string;
  description: string;
  data_type: ParameterType;
}

export interface DefinedField extends NewDefinedField {
  id: string;
}

export type ConnectionKind = 'sqlite' | 'postgresql';
export type Encryption = 'verify' | 'require' | 'disable';

export interface PostgreSqlSettings {
  host: string;
  port: number;
  database: string;
  user: string;
  tls: Encryption;
}

export interface Connection {
  id: string;
  name: string;
  kind: ConnectionKind;
  /** Null for those who may only publish against it. */
  sqlite: { path: string } | null;
  postgresql: PostgreSqlSettings | null;
  password_set: boolean;
  timeout_ms: number;
  rows_max: number;
  concurrent_max: number;
  /** Null: whoever may publish. */
  publishers: string[] | null;
  actions: string[];
}

export interface NewConnection {
  name: string;
  kind: ConnectionKind;
  sqlite?: { path: string };
  postgresql?: PostgreSqlSettings;
  /** Left out: the one in the vault is kept. Empty: it is taken away. */
  password?: string;
  timeout_ms?: number;
  rows_max?: number;
  concurrent_max?: number;
  publishers?: string[];
}

export interface ConnectionTest {
  ok: boolean;
  steps: { name: string; ok: boolean; found: string | null; why: string | null; fix: string | null }[];
}

export interface Catalog {
  tables: { schema: string | null; name: string; columns: { name: string; data_type: string }[] }[];
}

export interface ListedView {
  id: string;
  name: string;
  title: string;
  description: string;
  category: string;
  version: number;
  published_at: Instant;
  published_by: string;
  assignments_count: number;
  actions: string[];
}

export interface View extends ListedView {
  /** `version` is the one shown; this one runs. */
  current_version: number;
  note: string;
  sql: string;
  parameters: Parameter[];
  columns: Column[];
  /** Identifiers of the Defined Fields in the query. */
  fields: string[];
  types: ReportType[];
  versions: { version: number; published_at: Instant; published_by: string; note: string }[];
}

export interface ColumnSettings {
  name: string;
  label: string;
  format: Column['format'];
  width: number | null;
  visible: boolean;
}

export interface NewView {
  name: string;
  title: string;
  description: string;
  category: string;
  sql: string;
  parameters: Parameter[];
  columns: ColumnSettings[];
  note: string;
  connection_id: string;
}

export interface QueryProblem {
  message: string;
  /** Counted from 1. */
  line: number | null;
}

export interface Inspection {
  parameters: string[];
  fields: string[];
  problems: QueryProblem[];
}

export interface NewPreview {
  sql: string;
  parameters: Parameter[];
  values: Record<string, ParameterValue>;
  connection_id: string;
}

export interface Preview {
  columns: { name: string; data_type: string }[];
  rows: Cell[][];
  rows_max: number;
  was_cut: boolean;
  took_ms: number;
  withheld: string | null;
}

interface Named {
  id: string;
  name: string;
}

export interface Assignment {
  id: string;
  view: Named & { title: string };
  connection: Named;
  role: Named;
  type: ReportType;
  category: string;
  description: string;
  expires_at: Instant | null;
  actions: string[];
}

export interface NewAssignments {
  view_ids: string[];
  connection_id: string;
  role_ids: string[];
  types: ReportType[];
  category?: string;
  description?: string;
  expiration_days?: number;
}

export interface LogEntry {
  id: string;
  at: Instant;
  kind: string;
  /** Null for the program itself. */
  person: string | null;
  what: string;
  detail: string;
}
