// What each state means for the person. Apart from the words for it, which the first page needs.

import type { UserStatus } from '$lib/okta';

export const MEANINGS: Record<UserStatus, string> = {
  STAGED: 'The account exists, but is not activated yet.',
  PROVISIONED: 'Activated; the person still has to choose a password by the activation link.',
  ACTIVE: 'Can sign in.',
  RECOVERY: 'Has to choose a new password by the reset link before signing in.',
  PASSWORD_EXPIRED: 'Has to change the password at the next sign-in.',
  LOCKED_OUT: 'Too many wrong passwords. Unlocks by itself after a while, or here.',
  SUSPENDED: 'Cannot sign in until unsuspended. Groups, applications and password are kept.',
  DEPROVISIONED: 'Cannot sign in. Application assignments and password are gone.',
};
