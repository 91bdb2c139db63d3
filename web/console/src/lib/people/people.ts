// People: names, and the words for their states.

import Ban from '@lucide/svelte/icons/ban';
import CircleCheck from '@lucide/svelte/icons/circle-check';
import CircleDashed from '@lucide/svelte/icons/circle-dashed';
import CirclePause from '@lucide/svelte/icons/circle-pause';
import Hourglass from '@lucide/svelte/icons/hourglass';
import KeyRound from '@lucide/svelte/icons/key-round';
import Lock from '@lucide/svelte/icons/lock';
import type { Icon, Tone } from '@webreports/ui';
import type { User, UserStatus } from '$lib/okta';

export interface StatusWords {
  label: string;
  tone: Tone;
  icon: Icon;
}

export const STATUSES: Record<UserStatus, StatusWords> = {
  STAGED: {
    label: 'Staged',
    tone: 'neutral',
    icon: CircleDashed,
  },
  PROVISIONED: {
    label: 'Pending user action',
    tone: 'info',
    icon: Hourglass,
  },
  ACTIVE: { label: 'Active', tone: 'success', icon: CircleCheck },
  RECOVERY: {
    label: 'Password reset',
    tone: 'info',
    icon: KeyRound,
  },
  PASSWORD_EXPIRED: {
    label: 'Password expired',
    tone: 'warning',
    icon: KeyRound,
  },
  LOCKED_OUT: {
    label: 'Locked out',
    tone: 'danger',
    icon: Lock,
  },
  SUSPENDED: {
    label: 'Suspended',
    tone: 'warning',
    icon: CirclePause,
  },
  DEPROVISIONED: {
    label: 'Deactivated',
    tone: 'neutral',
    icon: Ban,
  },
};

export const STATUS_ORDER = Object.keys(STATUSES) as UserStatus[];

export function nameOf(user: User): string {
  return `${user.profile.firstName ?? ''} ${user.profile.lastName ?? ''}`.trim() || user.profile.login;
}
