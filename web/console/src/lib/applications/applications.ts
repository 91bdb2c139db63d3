// Applications: words for their kinds, and what is asked of the org about them.

import { okta, path, quoted, withQuery, type Application, type ApplicationType, type Page } from '$lib/okta';

/** What can be created: a kind of OAuth client, or a link that people open. */
export type Creatable = ApplicationType | 'bookmark';

export interface Kind {
  type: Creatable;
  label: string;
  help: string;
}

/** What "Create App Integration" offers, in the words of Okta's manual. */
export const KINDS: Kind[] = [
  {
    type: 'web',
    label: 'Web Application',
    help: 'A server that keeps a secret and signs people in, such as WebReports.',
  },
  {
    type: 'browser',
    label: 'Single-Page Application',
    help: 'Runs in the browser alone; no secret, PKCE is required.',
  },
  {
    type: 'native',
    label: 'Native Application',
    help: 'A desktop or mobile application; no secret, PKCE is required.',
  },
  {
    type: 'service',
    label: 'API Services',
    help: 'Machine to machine: an application that acts for itself, without people.',
  },
  {
    type: 'bookmark',
    label: 'Bookmark',
    help: 'A link to a page that people open; nobody is signed in by it.',
  },
];

const MODES: Record<string, string> = {
  OPENID_CONNECT: 'OIDC - OpenID Connect',
  SAML_2_0: 'SAML 2.0',
  BOOKMARK: 'Bookmark',
};

export function methodOf(app: Application): string {
  const mode = MODES[app.signOnMode] ?? app.signOnMode;
  const kind = KINDS.find(({ type }) => type === app.settings?.oauthClient?.application_type);
  return kind ? `${mode}, ${kind.label}` : mode;
}

export interface Grant {
  value: string;
  label: string;
  help?: string;
  /** Kinds that can have it; the first of a kind's is always on. */
  kinds: ApplicationType[];
}

export const GRANTS: Grant[] = [
  {
    value: 'authorization_code',
    label: 'Authorization Code',
    help: 'People sign in by the browser. Always on for this kind.',
    kinds: ['web', 'browser', 'native'],
  },
  {
    value: 'refresh_token',
    label: 'Refresh Token',
    help: 'New tokens without asking the person again, as long as they were granted offline access.',
    kinds: ['web', 'browser', 'native'],
  },
  {
    value: 'client_credentials',
    label: 'Client Credentials',
    help: 'The application acts for itself.',
    kinds: ['web', 'service'],
  },
];

export function grantsOf(kind: Creatable): Grant[] {
  return GRANTS.filter(({ kinds }) => kinds.some((one) => one === kind));
}

/** The grant that a kind can't do without. */
export function firstGrant(kind: Creatable): string {
  return kind === 'service' ? 'client_credentials' : 'authorization_code';
}

export function responseTypes(grants: string[]): string[] {
  return grants.includes('authorization_code') ? ['code'] : ['token'];
}

/** Words for an address that an application can't have; `undefined`: it is fine. */
export function wrongAddress(address: string): string | undefined {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return `“${address}” is not a whole address, such as https://reports.example.com/callback.`;
  }
  if (url.hash) return `“${address}” has a part after #, which an application never receives.`;
  return undefined;
}

/** Words for what a bookmark can't open; `undefined`: it is fine. */
export function wrongLink(address: string): string | undefined {
  if (address.trim() === '') return 'Type the address that it opens.';
  try {
    if (['http:', 'https:'].includes(new URL(address.trim()).protocol)) return undefined;
  } catch {
    // Said below.
  }
  return 'Type a whole address, beginning with https:// or http://.';
}

const FOUND_MAX = 30;

export function findApplications(typed: string, signal?: AbortSignal): Promise<Page<Application>> {
  return okta.list<Application>(
    withQuery(path`/api/v1/apps`, {
      q: typed.trim(),
      filter: typed.trim() ? undefined : `status eq ${quoted('ACTIVE')}`,
      limit: FOUND_MAX,
    }),
    { signal },
  );
}

export function assignPerson(app: string, user: { id: string; profile: { login: string } }): Promise<void> {
  const body = { id: user.id, scope: 'USER', credentials: { userName: user.profile.login } };
  return okta.post(path`/api/v1/apps/${app}/users`, body);
}

export function unassignPerson(app: string, user: string): Promise<void> {
  return okta.delete(path`/api/v1/apps/${app}/users/${user}`);
}

export function assignGroup(app: string, group: string): Promise<void> {
  return okta.put(path`/api/v1/apps/${app}/groups/${group}`, {});
}

export function unassignGroup(app: string, group: string): Promise<void> {
  return okta.delete(path`/api/v1/apps/${app}/groups/${group}`);
}
