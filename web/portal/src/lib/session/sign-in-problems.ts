// Why a sign-in did not work, in words. The server sends only the slug and a reference, since both stand in the address.

import type { Problem } from '$lib/api';

type Words = Pick<Problem, 'title' | 'detail' | 'hint'>;

const WORDS: Record<string, Words> = {
  'sign-in-expired': {
    title: 'That sign-in took too long',
    detail: 'It has to be finished within a few minutes, in the browser where it was begun.',
    hint: 'Start again.',
  },
  'access-denied': {
    title: 'The org refused the sign-in',
    detail: 'You are known there, but the application WebReports is not assigned to you.',
    hint: 'Ask your Okta administrator to assign it to you or to one of your groups.',
  },
  'org-unreachable': {
    title: 'The org does not answer',
    detail: 'WebReports can’t reach the Okta org at the moment, so nobody can sign in through it.',
    hint: 'Try again in a minute. An emergency administrator can sign in with a local account.',
  },
  'org-broke-off': {
    title: 'The org broke off',
    detail: 'The Okta org began to answer, and the connection ended before it was through.',
    hint: 'Try again in a minute.',
  },
  'org-slow': {
    title: 'The org takes too long',
    detail: 'The Okta org was asked and did not answer in time.',
    hint: 'Try again in a minute.',
  },
  'org-failed': {
    title: 'The org has a fault of its own',
    detail: 'It answered that it failed, which WebReports can only wait out.',
    hint: 'Try again in a minute.',
  },
  'org-unexpected': {
    title: 'The org did not answer as it should',
    detail: 'Something other than an Okta org answered, such as a proxy or a page of its own.',
    hint: 'An administrator of WebReports can test the connection under Management, Sign-in.',
  },
  'issuer-mismatch': {
    title: 'Another org answered',
    detail: 'The answer does not come from the org that WebReports is connected to, so it was refused.',
    hint: 'An administrator of WebReports can check the Okta domain under Management, Sign-in.',
  },
  'clock-off': {
    title: 'The clocks differ',
    detail: 'The times in the org’s answer do not fit the clock of this server.',
    hint: 'An administrator has to put the clock of the server right.',
  },
  'sign-in-failed': {
    title: 'That sign-in came to nothing',
    detail: 'It took too long, was used before, or was begun in another browser.',
    hint: 'Start again.',
  },
  'org-busy': {
    title: 'The org has no time for us',
    detail: 'Its rate limit is used up.',
    hint: 'Try again in a minute.',
  },
  'client-refused': {
    title: 'The org did not accept WebReports itself',
    detail: 'Its client id or client secret has been changed or has lapsed.',
    hint: 'An administrator of WebReports can put it right under Management, Sign-in.',
  },
  'token-invalid': {
    title: 'The org’s answer could not be believed',
    detail: 'The ID token failed a check: signature, issuer, audience, time or nonce.',
    hint: 'Clocks that differ are the usual reason. Tell an administrator the reference below.',
  },
  'token-refused': {
    title: 'Your groups could not be read',
    detail: 'The org does not accept the API token of WebReports any more.',
    hint: 'An administrator of WebReports can replace it under Management, Sign-in.',
  },
  'rights-too-old': {
    title: 'Your rights are too old to be used',
    detail:
      'They could not be read anew from the org for too long, so everything is refused until that works again.',
  },
  'account-inactive': {
    title: 'Your account is not active in the org',
    detail: 'The Okta org knows you and does not let you in: the account is suspended or deactivated.',
    hint: 'Ask your Okta administrator.',
  },
  'groups-unread': {
    title: 'Your groups could not be read',
    detail: 'The Okta org does not tell them at the moment, and they gave you no role here before.',
    hint: 'Try again in a few minutes.',
  },
  'too-many': {
    title: 'Too many people are signing in',
    hint: 'Try again in a few minutes.',
  },
  stopping: {
    title: 'The server is being started anew',
    hint: 'Try again in a moment.',
  },
  'okta-off': {
    title: 'Sign-in with Okta is switched off',
    hint: 'An administrator of WebReports can switch it on under Management, Sign-in.',
  },
};

/** The problem to show for `?problem=slug&reference=…`; an unknown slug still says what one can do. */
export function signInProblem(slug: string, reference: string | null): Problem {
  const words = WORDS[slug] ?? {
    title: 'Signing in did not work',
    hint: 'Start again. If it happens once more, tell an administrator the reference.',
  };
  return { type: `/problems/${slug}`, status: 0, ...words, ...(reference ? { reference } : {}) };
}
