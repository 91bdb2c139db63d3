// Custom authorization servers: what is asked of the org about them, and words for what they hold.

import { okta, path, withQuery } from '$lib/okta';
import type {
  AccessPolicy,
  AccessRule,
  Application,
  AuthorizationServer,
  OAuthClaim,
  OAuthScope,
  Page,
  SigningKey,
  TokenPreview,
} from '$lib/okta';

export const ALL_CLIENTS = 'ALL_CLIENTS';
export const EVERYONE = 'EVERYONE';
export const ANY_SCOPE = '*';

export const at = (server: string): string => path`/api/v1/authorizationServers/${server}`;

export const readServer = (id: string): Promise<AuthorizationServer> => okta.get(at(id));
export const keysOf = (id: string): Promise<SigningKey[]> => okta.get(`${at(id)}/credentials/keys`);
export const scopesOf = (id: string): Promise<OAuthScope[]> => okta.get(`${at(id)}/scopes`);
export const claimsOf = (id: string): Promise<OAuthClaim[]> => okta.get(`${at(id)}/claims`);
export const policiesOf = (id: string): Promise<AccessPolicy[]> => okta.get(`${at(id)}/policies`);
export const rulesOf = (id: string, policy: string): Promise<AccessRule[]> =>
  okta.get(`${at(id)}/policies/${encodeURIComponent(policy)}/rules`);

export function previewTokens(
  id: string,
  asked: { clientId: string; grantType: string; user: string | undefined; scopes: string[] },
): Promise<TokenPreview> {
  return okta.post(path`/admin/api/authorization-servers/${id}/token-preview`, asked);
}

export const GRANT_TYPES = [
  { value: 'authorization_code', label: 'Authorization Code' },
  { value: 'client_credentials', label: 'Client Credentials' },
  { value: 'password', label: 'Resource Owner Password' },
  { value: 'implicit', label: 'Implicit' },
  { value: 'urn:ietf:params:oauth:grant-type:device_code', label: 'Device Authorization' },
];

export function grantName(value: string): string {
  return GRANT_TYPES.find((grant) => grant.value === value)?.label ?? value;
}

export const CONSENTS = [
  { value: 'IMPLICIT', label: 'Implicit', help: 'Nobody is asked.' },
  { value: 'REQUIRED', label: 'Required', help: 'The person is asked; applications alone never have it.' },
  { value: 'FLEXIBLE', label: 'Flexible', help: 'The person is asked; applications alone have it without.' },
];

export const FILTERS = [
  { value: 'STARTS_WITH', label: 'Starts with' },
  { value: 'EQUALS', label: 'Equals' },
  { value: 'CONTAINS', label: 'Contains' },
  { value: 'REGEX', label: 'Matches regex' },
];

/** A client of OAuth, as it is chosen from. */
export interface Client {
  id: string;
  label: string;
  grants: string[];
}

const FOUND_MAX = 30;

export async function findClients(typed: string, signal?: AbortSignal): Promise<Page<Client>> {
  const page = await okta.list<Application>(
    withQuery(path`/api/v1/apps`, { q: typed.trim(), limit: FOUND_MAX }),
    { signal },
  );
  return { items: page.items.map(clientOf).filter((client) => client !== undefined), next: undefined };
}

function clientOf(app: Application): Client | undefined {
  const id = app.credentials?.oauthClient?.client_id;
  if (!id) return undefined;
  return { id, label: app.label, grants: app.settings?.oauthClient?.grant_types ?? [] };
}

/** Applications of a policy by their client IDs; one that is gone is shown by its ID. */
export async function clientsNamed(ids: string[]): Promise<Client[]> {
  const found = await Promise.all(ids.map((id) => findClient(id)));
  return ids.map((id, index) => found[index] ?? { id, label: id, grants: [] });
}

async function findClient(id: string): Promise<Client | undefined> {
  // The client ID of an application is its ID, unless it was given one of its own.
  const app = await okta.get<Application>(path`/api/v1/apps/${id}`).catch(() => undefined);
  return app && clientOf(app);
}

export function durationOf(minutes: number): string {
  const units: [number, string][] = [
    [1440, 'day'],
    [60, 'hour'],
    [1, 'minute'],
  ];
  const [size, name] = units.find(([size]) => minutes % size === 0 && minutes >= size) ?? [1, 'minute'];
  const count = minutes / size;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
