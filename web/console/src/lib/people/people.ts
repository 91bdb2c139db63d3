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
  /** What it means for the person. */
  meaning: string;
}

export const STATUSES: Record<UserStatus, StatusWords> = {
  STAGED: {
    label: 'Staged',
    tone: 'neutral',
    icon: CircleDashed,
    meaning: 'The account exists, but is not activated yet.',
  },
  PROVISIONED: {
    label: 'Pending user action',
    tone: 'info',
    icon: Hourglass,
    meaning: 'Activated; the person still has to choose a password by the activation link.',
  },
  ACTIVE: { label: 'Active', tone: 'success', icon: CircleCheck, meaning: 'Can sign in.' },
  RECOVERY: {
    label: 'Password reset',
    tone: 'info',
    icon: KeyRound,
    meaning: 'Has to choose a new password by the reset link before signing in.',
  },
  PASSWORD_EXPIRED: {
    label: 'Password expired',
    tone: 'warning',
    icon: KeyRound,
    meaning: 'Has to change the password at the next sign-in.',
  },
  LOCKED_OUT: {
    label: 'Locked out',
    tone: 'danger',
    icon: Lock,
    meaning: 'Too many wrong passwords. Unlocks by itself after a while, or here.',
  },
  SUSPENDED: {
    label: 'Suspended',
    tone: 'warning',
    icon: CirclePause,
    meaning: 'Cannot sign in until unsuspended. Groups, applications and password are kept.',
  },
  DEPROVISIONED: {
    label: 'Deactivated',
    tone: 'neutral',
    icon: Ban,
    meaning: 'Cannot sign in. Application assignments and password are gone.',
  },
};

export const STATUS_ORDER = Object.keys(STATUSES) as UserStatus[];

export function nameOf(user: User): string {
  return `${user.profile.firstName ?? ''} ${user.profile.lastName ?? ''}`.trim() || user.profile.login;
}
