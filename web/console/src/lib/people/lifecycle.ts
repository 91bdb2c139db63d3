// What can be done with an account, and the values that come of it: a link or a temporary password, each shown once.
// The org says by the person's links what is possible now; only what has no link there is decided by the state here.

import { instantText } from '@webreports/ui/format';
import type { Once } from '$lib/form/ShownOnce.svelte';
import { okta, path, withQuery, type User } from '$lib/okta';
import { nameOf } from './people';

export type Deed =
  | 'activate'
  | 'reactivate'
  | 'unlock'
  | 'unsuspend'
  | 'resetPassword'
  | 'temporaryPassword'
  | 'expirePassword'
  | 'clearSessions'
  | 'suspend'
  | 'deactivate'
  | 'delete';

export interface DeedWords {
  /** On the button and in the menu. */
  label: string;
  /** The question before it, and what follows. */
  question: (name: string) => string;
  consequence: string;
  /** The verb on the button that confirms. */
  action: string;
  danger?: boolean;
  needs: 'people.manage' | 'people.reset';
  /** Said afterwards, unless a value is shown. */
  done: (name: string) => string;
}

export const DEEDS: Record<Deed, DeedWords> = {
  activate: {
    label: 'Activate',
    needs: 'people.manage',
    question: (name) => `Activate ${name}?`,
    consequence:
      'With a password the account is active at once. Without one an activation link is shown to you once; the person chooses a password by it.',
    action: 'Activate',
    done: (name) => `${name} is active`,
  },
  reactivate: {
    label: 'New activation link',
    needs: 'people.manage',
    question: (name) => `Make a new activation link for ${name}?`,
    consequence: 'The earlier link stops working. The new one is shown to you once.',
    action: 'Make a new link',
    done: (name) => `${name} can be activated again`,
  },
  unlock: {
    label: 'Unlock',
    needs: 'people.reset',
    question: (name) => `Unlock ${name}?`,
    consequence: 'They can try to sign in again at once. If they forgot the password, reset it instead.',
    action: 'Unlock',
    done: (name) => `${name} is unlocked`,
  },
  unsuspend: {
    label: 'Unsuspend',
    needs: 'people.manage',
    question: (name) => `Unsuspend ${name}?`,
    consequence: 'They can sign in again with the password, groups and applications that they had.',
    action: 'Unsuspend',
    done: (name) => `${name} can sign in again`,
  },
  resetPassword: {
    label: 'Reset password',
    needs: 'people.reset',
    question: (name) => `Reset the password of ${name}?`,
    consequence:
      'Their password stops working and their sessions end. A reset link is shown to you once; by it they choose a new one.',
    action: 'Reset password',
    done: (name) => `The password of ${name} is reset`,
  },
  temporaryPassword: {
    label: 'Temporary password',
    needs: 'people.reset',
    question: (name) => `Give ${name} a temporary password?`,
    consequence:
      'Their password is replaced by one that is shown to you once, and their sessions end. They must change it at the next sign-in.',
    action: 'Make a temporary password',
    done: (name) => `${name} has a temporary password`,
  },
  expirePassword: {
    label: 'Expire password',
    needs: 'people.reset',
    question: (name) => `Expire the password of ${name}?`,
    consequence: 'They sign in with it once more and must change it then.',
    action: 'Expire password',
    done: (name) => `The password of ${name} has expired`,
  },
  clearSessions: {
    label: 'Clear sessions',
    needs: 'people.reset',
    question: (name) => `End all sessions of ${name}?`,
    consequence:
      'They are signed out of this org everywhere, and the refresh tokens of their applications are revoked.',
    action: 'End sessions',
    done: (name) => `${name} is signed out everywhere`,
  },
  suspend: {
    label: 'Suspend',
    needs: 'people.manage',
    question: (name) => `Suspend ${name}?`,
    consequence:
      'They can’t sign in, their sessions end, and API tokens that they made stop working until they are unsuspended. Groups and applications are kept.',
    action: 'Suspend',
    danger: true,
    done: (name) => `${name} is suspended`,
  },
  deactivate: {
    label: 'Deactivate',
    needs: 'people.manage',
    question: (name) => `Deactivate ${name}?`,
    consequence:
      'They can’t sign in any more. Their application assignments and password are removed, and API tokens that they made are revoked for good.',
    action: 'Deactivate',
    danger: true,
    done: (name) => `${name} is deactivated`,
  },
  delete: {
    label: 'Delete',
    needs: 'people.manage',
    question: (name) => `Delete ${name}?`,
    consequence:
      'The account is gone for good, with its groups and roles. The System Log keeps what was done by it.',
    action: 'Delete for good',
    danger: true,
    done: (name) => `${name} is deleted`,
  },
};

/** Links of the answer that make a deed possible. */
const LINKS: Partial<Record<Deed, string>> = {
  activate: 'activate',
  reactivate: 'reactivate',
  unlock: 'unlock',
  unsuspend: 'unsuspend',
  resetPassword: 'resetPassword',
  temporaryPassword: 'expirePassword',
  expirePassword: 'expirePassword',
  suspend: 'suspend',
  deactivate: 'deactivate',
};

export function deedsOf(user: User): Deed[] {
  const linked = (Object.keys(LINKS) as Deed[]).filter((deed) => user._links?.[LINKS[deed]!] !== undefined);
  if (user.status === 'DEPROVISIONED') return [...linked, 'delete'];
  // A staged person has no link for it, though it is allowed; nobody staged has a session.
  if (user.status === 'STAGED') return [...new Set<Deed>([...linked, 'deactivate'])];
  return [...linked, 'clearSessions'];
}

/** Does it. What comes back is a value to show once, or nothing. */
export async function perform(deed: Deed, user: User): Promise<Once | undefined> {
  const at = path`/api/v1/users/${user.id}`;
  switch (deed) {
    case 'activate':
      return activationLink(user);
    case 'reactivate': {
      const answer = await okta.post<Activation>(`${at}/lifecycle/reactivate?sendEmail=false`);
      return linkOf(user, answer);
    }
    case 'resetPassword': {
      const query = { sendEmail: false, revokeSessions: true };
      const answer = await okta.post<{ resetPasswordUrl?: string }>(
        withQuery(`${at}/lifecycle/reset_password`, query),
      );
      return answer.resetPasswordUrl === undefined
        ? undefined
        : shown(user, 'Reset link', answer.resetPasswordUrl, 'They choose a new password by it, once.');
    }
    case 'temporaryPassword': {
      const answer = await okta.post<{ tempPassword: string }>(
        `${at}/lifecycle/expire_password_with_temp_password?revokeSessions=true`,
      );
      return shown(
        user,
        'Temporary password',
        answer.tempPassword,
        'They must change it at the next sign-in.',
      );
    }
    case 'expirePassword':
      await okta.post(`${at}/lifecycle/expire_password`);
      return undefined;
    case 'clearSessions':
      await okta.delete(`${at}/sessions?oauthTokens=true`);
      return undefined;
    case 'delete':
      await okta.delete(at);
      return undefined;
    case 'unlock':
    case 'unsuspend':
    case 'suspend':
    case 'deactivate':
      await okta.post(`${at}/lifecycle/${deed}`);
      return undefined;
  }
}

interface Activation {
  activationUrl?: string;
}

/** Activates; a link comes back only for somebody without a password. */
export async function activationLink(user: User): Promise<Once | undefined> {
  const at = path`/api/v1/users/${user.id}/lifecycle/activate`;
  return linkOf(user, await okta.post<Activation>(`${at}?sendEmail=false`));
}

function linkOf(user: User, answer: Activation | undefined): Once | undefined {
  if (!answer?.activationUrl) return undefined;
  return shown(user, 'Activation link', answer.activationUrl, 'They choose a password by it, once.');
}

function shown(user: User, title: string, value: string, use: string): Once {
  return {
    title: `${title} for ${nameOf(user)}`,
    value,
    facts: [
      { name: 'For', value: `${nameOf(user)} (${user.profile.login})` },
      { name: 'Made', value: instantText(new Date().toISOString()) },
      { name: 'Use', value: use },
    ],
    keep: 'Give it to the person in a way that nobody else can read.',
  };
}
