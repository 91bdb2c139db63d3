// The System Log: the filters of its page as one expression, and the words for outcomes and times.

import Ban from '@lucide/svelte/icons/ban';
import CircleAlert from '@lucide/svelte/icons/circle-alert';
import CircleCheck from '@lucide/svelte/icons/circle-check';
import CircleDashed from '@lucide/svelte/icons/circle-dashed';
import type { Icon, Tone } from '@webreports/ui';
import { quoted, type LogEvent } from '$lib/okta';

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

interface OutcomeWords {
  label: string;
  tone: Tone;
  icon: Icon;
}

const WORDS: Record<string, OutcomeWords> = {
  SUCCESS: { label: 'Success', tone: 'success', icon: CircleCheck },
  ALLOW: { label: 'Allowed', tone: 'success', icon: CircleCheck },
  FAILURE: { label: 'Failure', tone: 'danger', icon: CircleAlert },
  DENY: { label: 'Denied', tone: 'danger', icon: Ban },
  CHALLENGE: { label: 'Challenged', tone: 'info', icon: CircleDashed },
  SKIPPED: { label: 'Skipped', tone: 'neutral', icon: CircleDashed },
};

export function outcomeOf(event: LogEvent): OutcomeWords {
  const result = event.outcome?.result ?? '';
  return WORDS[result] ?? { label: result || 'Unknown', tone: 'neutral', icon: CircleDashed };
}

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

export function nameOfSubject(
  subject: { displayName: string | null; alternateId: string | null; id: string } | null,
): string {
  return subject?.displayName || subject?.alternateId || subject?.id || '';
}

export function targetsOf(event: LogEvent): string {
  return (event.target ?? []).map(nameOfSubject).filter(Boolean).join(', ');
}
