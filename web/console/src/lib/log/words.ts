// The System Log in words: how an event ended, who did it, to what.

import CircleAlert from '@lucide/svelte/icons/circle-alert';
import CircleCheck from '@lucide/svelte/icons/circle-check';
import CircleDashed from '@lucide/svelte/icons/circle-dashed';
import type { Icon, Tone } from '@webreports/ui';
import type { LogEvent } from '$lib/okta';

interface OutcomeWords {
  label: string;
  tone: Tone;
  icon: Icon;
}

const WORDS: Record<string, OutcomeWords> = {
  SUCCESS: { label: 'Success', tone: 'success', icon: CircleCheck },
  ALLOW: { label: 'Allowed', tone: 'success', icon: CircleCheck },
  FAILURE: { label: 'Failure', tone: 'danger', icon: CircleAlert },
  DENY: { label: 'Denied', tone: 'danger', icon: CircleAlert },
  CHALLENGE: { label: 'Challenged', tone: 'info', icon: CircleDashed },
  SKIPPED: { label: 'Skipped', tone: 'neutral', icon: CircleDashed },
};

export function outcomeOf(event: LogEvent): OutcomeWords {
  const result = event.outcome?.result ?? '';
  return WORDS[result] ?? { label: result || 'Unknown', tone: 'neutral', icon: CircleDashed };
}

export function nameOfSubject(
  subject: { displayName: string | null; alternateId: string | null; id: string } | null,
): string {
  return subject?.displayName || subject?.alternateId || subject?.id || '';
}

/** To whom or what it was done, save the actor's own person. */
export function targetsOf(event: LogEvent): string {
  const others = (event.target ?? []).filter(({ id }) => id !== event.actor?.id);
  return others.map(nameOfSubject).filter(Boolean).join(', ');
}
