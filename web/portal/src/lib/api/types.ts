// The API's bodies and paths, as types.
// Invariant: nothing outside this folder names a path's body by itself; what the pages use is exported from here.

export type { Problem } from '@webreports/ui/problem';
export type * from './management';

export type Instant = string;

export interface SignInOptions {
  okta: { enabled: boolean; label: string };
  local: boolean;
  setup_open: boolean;
  notice?: string;
}

/** By its name in the permission table: `publish`, `manage-users`, `configure`, … */
export type Permission = string;

export interface Session {
  person: { id: string; name: string; login: string; email: string; source: 'okta' | 'local' };
  roles: { id: string; name: string; group: string | null }[];
  permissions: Permission[];
  fields: { identifier: string; value: string }[];
  rights_as_of: Instant;
  rights_max_age_s: number;
  csrf_token: string;
  org_url: string | null;
  version: string;
}

export type CheckName = 'domain' | 'client' | 'token' | 'token_rights' | 'groups' | 'administrator';

export interface Check {
  name: CheckName;
  title: string;
  state: 'waiting' | 'passed' | 'failed' | 'unknown';
  found?: string;
  why?: string;
  fix?: string;
  details?: string[];
  took_ms?: number;
}

export interface Setup {
  domain: string;
  client_id: string;
  client_secret_set: boolean;
  api_token_set: boolean;
  allow_loopback_http: boolean;
  okta_enabled: boolean;
  redirect_uris: string[];
  sign_out_uri: string;
  groups: string[];
  checks: Check[];
}

export interface SetupChange {
  domain: string;
  client_id: string;
  /** Left out: the one in the vault is kept. */
  client_secret?: string;
  api_token?: string;
  allow_loopback_http: boolean;
}

export interface PlanRequest {
  groups: boolean;
  application: boolean;
  redirect_uri: string;
}

export interface PlanStep {
  id: string;
  method: string;
  path: string;
  body?: unknown;
  says: string;
}

export interface PlanOutcome {
  id: string;
  says: string;
  state: 'done' | 'failed' | 'skipped';
  why?: string;
}

export interface Claim {
  code: string;
  name: string;
  login: string;
  password: string;
  email?: string;
}

export type HealthState = 'ok' | 'warning' | 'failed' | 'none';

export interface Bridge {
  enabled: boolean;
  domain: string;
  token: {
    state: HealthState;
    owner: { login: string; name: string } | null;
    rights: string[];
    last_use: Instant | null;
    lapses_at: Instant | null;
    lapse_known: boolean;
    connection: string | null;
    message: string;
  };
  client_secret: { state: HealthState; set_at: Instant | null; message: string };
  sync: {
    state: HealthState;
    last_at: Instant | null;
    people: number;
    groups: number;
    message: string;
    rights_max_age_s: number;
  };
  problems: string[];
}

export type ParameterType = 'text' | 'integer' | 'decimal' | 'date' | 'datetime' | 'boolean';
export type ReportType = 'Details' | 'Summary' | 'Visualize' | 'Finished Reports';

export interface Parameter {
  name: string;
  label: string;
  data_type: ParameterType;
  required: boolean;
  default: string | null;
  list: boolean;
}

export interface Column {
  name: string;
  label: string;
  data_type: string;
  format: null | 'integer' | 'decimal' | 'money' | 'percent' | 'date' | 'datetime';
  width: null | number;
  visible: boolean;
}

export type ParameterValue = string | boolean | null | string[];

export interface AvailableReport {
  id: string;
  title: string;
  name: string;
  description: string;
  category: string;
  type: ReportType;
  connection: string;
  role: string;
  parameters: Parameter[];
  expires_at: Instant | null;
  last_run_at: Instant | null;
  actions: string[];
}

export type RunState = 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'interrupted';

export interface Run {
  id: string;
  assignment_id: string;
  title: string;
  type: ReportType;
  state: RunState;
  asked: 'execute' | 'download';
  rows: number;
  bytes: number;
  started_at: Instant;
  finished_at: Instant | null;
  took_ms: number;
  database_ms: number | null;
  parameters: { name: string; label: string; value: string | null }[];
  columns: Column[];
  person: { id: string; name: string };
  connection: string;
  role: string;
  expires_at: Instant | null;
  withheld: string | null;
  limit: null | { rows_max: number; of: number | null };
  problem: null | import('@webreports/ui/problem').Problem;
  readable_rows: number;
  actions: string[];
}

export interface NewRun {
  parameters: Record<string, ParameterValue>;
  keep: boolean;
  format?: ExportFormat;
}

export type ExportFormat = 'csv' | 'xlsx' | 'parquet' | 'json';

export type Cell = null | boolean | number | string;

export interface SortKey {
  column: string;
  descending: boolean;
}

export type FilterOperator =
  'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'contains' | 'starts' | 'null' | 'not_null' | 'in';

export interface Filter {
  column: string;
  op: FilterOperator;
  value?: string | string[];
}

export interface PageRequest {
  offset: number;
  limit: number;
  sort: SortKey[];
  filter: Filter[];
}

export interface Page {
  offset: number;
  total: number;
  total_final: boolean;
  rows: Cell[][];
}

export interface List<Item> {
  items: Item[];
  next: string | null;
}

export interface ListQuery {
  limit?: number;
  after?: string;
  q?: string;
  sort?: string;
}
