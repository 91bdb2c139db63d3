// The filters of the System Log's page, and the one expression that the org takes of them.

import { quoted } from '$lib/okta';

export const RANGES = [
  { value: '1h', label: 'Last hour', ms: 3_600_000 },
  { value: '24h', label: 'Last 24 hours', ms: 86_400_000 },
  { value: '7d', label: 'Last 7 days', ms: 7 * 86_400_000 },
  { value: '30d', label: 'Last 30 days', ms: 30 * 86_400_000 },
  { value: '90d', label: 'Last 90 days', ms: 90 * 86_400_000 },
];
export const DEFAULT_RANGE = '7d';

/** Kinds of events, by how their types begin. */
export const KINDS = [
  { value: '', label: 'Any event' },
  { value: 'system.api_token.', label: 'API tokens' },
  { value: 'user.session.', label: 'Sign-in sessions' },
  { value: 'user.authentication.', label: 'Authentication' },
  { value: 'user.lifecycle.', label: 'Life of accounts' },
  { value: 'user.account.', label: 'Accounts and roles' },
  { value: 'group.', label: 'Groups' },
  { value: 'application.', label: 'Applications' },
  { value: 'app.oauth2.', label: 'OAuth and OpenID Connect' },
  { value: 'zone.', label: 'Network zones' },
  { value: 'policy.', label: 'Policies' },
];

export const OUTCOMES = [
  { value: '', label: 'Any outcome' },
  { value: 'SUCCESS', label: 'Success' },
  { value: 'FAILURE', label: 'Failure' },
  { value: 'ALLOW', label: 'Allowed' },
  { value: 'DENY', label: 'Denied' },
];

export interface LogFilters {
  kind: string;
  outcome: string;
  /** An expression that somebody wrote, or that a page linked to. */
  filter: string;
}

export function expressionOf({ kind, outcome, filter }: LogFilters): string | undefined {
  const parts: string[] = [];
  if (kind) parts.push(`eventType sw ${quoted(kind)}`);
  if (outcome) parts.push(`outcome.result eq ${quoted(outcome)}`);
  if (filter) parts.push(parts.length > 0 ? `(${filter})` : filter);
  return parts.join(' and ') || undefined;
}
