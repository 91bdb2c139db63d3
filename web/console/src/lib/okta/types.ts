// The shapes of the org's answers, as far as the console reads them. They are Okta's; what a field means stands in its
// public reference. What has no public call (`/admin/api`) stands at the end.

export interface Links {
  [relation: string]: { href: string } | { href: string; name?: string }[] | undefined;
}

export type UserStatus =
  | 'STAGED'
  | 'PROVISIONED'
  | 'ACTIVE'
  | 'RECOVERY'
  | 'PASSWORD_EXPIRED'
  | 'LOCKED_OUT'
  | 'SUSPENDED'
  | 'DEPROVISIONED';

export interface UserProfile {
  login: string;
  email: string;
  firstName: string;
  lastName: string;
  [attribute: string]: unknown;
}

export interface User {
  id: string;
  status: UserStatus;
  created: string;
  activated: string | null;
  statusChanged: string | null;
  lastLogin: string | null;
  lastUpdated: string;
  passwordChanged: string | null;
  type?: { id: string };
  profile: UserProfile;
  _links?: Links;
}

export interface Group {
  id: string;
  created: string;
  lastUpdated: string;
  lastMembershipUpdated: string;
  type: 'OKTA_GROUP' | 'BUILT_IN' | 'APP_GROUP';
  profile: { name: string; description?: string | null };
  _embedded?: { stats?: { usersCount: number; appsCount: number } };
}

export interface GroupRule {
  id: string;
  type: 'group_rule';
  name: string;
  status: 'ACTIVE' | 'INACTIVE' | 'INVALID';
  created: string;
  lastUpdated: string;
  conditions: {
    expression: { value: string; type: string };
    people: { users: { exclude: string[] }; groups: { exclude: string[] } };
  };
  actions: { assignUserToGroups: { groupIds: string[] } };
  _embedded?: { groupIdToGroupNameMap?: Record<string, string> };
}

export interface UserType {
  id: string;
  name: string;
  displayName: string;
  description?: string;
  default: boolean;
  created: string;
  lastUpdated: string;
  _links?: Links;
}

export interface AttributeSchema {
  title: string;
  description?: string;
  type: 'string' | 'boolean' | 'number' | 'integer' | 'array';
  items?: { type: string; enum?: (string | number)[]; oneOf?: AttributeChoice[] };
  required?: boolean;
  mutability?: string;
  scope?: string;
  enum?: (string | number)[];
  oneOf?: AttributeChoice[];
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  unique?: boolean;
  permissions?: { principal: string; action: string }[];
  [property: string]: unknown;
}

export interface AttributeChoice {
  const: string | number;
  title: string;
}

export interface ProfileSchema {
  id: string;
  name: string;
  title: string;
  lastUpdated: string;
  definitions: Record<'base' | 'custom', { properties: Record<string, AttributeSchema> }>;
}

export type ApplicationType = 'web' | 'browser' | 'native' | 'service';

export interface OauthClientSettings {
  application_type?: ApplicationType;
  redirect_uris?: string[];
  post_logout_redirect_uris?: string[];
  response_types?: string[];
  grant_types?: string[];
  initiate_login_uri?: string | null;
  issuer_mode?: string;
  [setting: string]: unknown;
}

export interface Application {
  id: string;
  name: string;
  label: string;
  status: 'ACTIVE' | 'INACTIVE';
  signOnMode: string;
  created: string;
  lastUpdated: string;
  credentials?: {
    oauthClient?: {
      client_id?: string;
      token_endpoint_auth_method?: string;
      pkce_required?: boolean;
      [setting: string]: unknown;
    };
    [part: string]: unknown;
  };
  settings?: { oauthClient?: OauthClientSettings; [part: string]: unknown };
  _embedded?: { user?: ApplicationUser };
}

export interface ApplicationUser {
  id: string;
  scope: 'USER' | 'GROUP';
  status: string;
  created: string;
  credentials?: { userName?: string };
  _embedded?: { user?: User };
}

export interface ApplicationGroup {
  id: string;
  lastUpdated: string;
  priority?: number;
  _embedded?: { group?: Group };
}

/** A scope of the management API that an application was granted. */
export interface ScopeGrant {
  id: string;
  scopeId: string;
  status: string;
  created: string;
}

export interface ClientSecret {
  id: string;
  client_secret?: string;
  secret_hash?: string;
  status: 'ACTIVE' | 'INACTIVE';
  created: string;
  lastUpdated: string;
}

/** The groups claim of an app; all empty when it is off. */
export interface IdTokenSettings {
  issuerMode?: string;
  valueType?: 'GROUPS' | 'EXPRESSION' | '' | null;
  groupFilterType?: 'STARTS_WITH' | 'EQUALS' | 'CONTAINS' | 'REGEX' | '' | null;
  name?: string | null;
  value?: string | null;
}

export interface AuthorizationServer {
  id: string;
  name: string;
  description?: string;
  audiences: string[];
  issuer: string;
  issuerMode?: string;
  status: string;
  created?: string;
  lastUpdated?: string;
  credentials?: {
    signing?: { rotationMode?: 'AUTO' | 'MANUAL'; lastRotated?: string; nextRotation?: string; kid?: string };
  };
}

export interface SigningKey {
  kid: string;
  status: 'ACTIVE' | 'NEXT' | 'EXPIRED';
  alg: string;
}

export interface OAuthScope {
  id: string;
  name: string;
  displayName?: string | null;
  description?: string;
  system: boolean;
  metadataPublish: 'ALL_CLIENTS' | 'NO_CLIENTS';
  consent: 'IMPLICIT' | 'FLEXIBLE' | 'REQUIRED';
  default: boolean;
  optional: boolean;
}

export interface OAuthClaim {
  id: string;
  name: string;
  status: 'ACTIVE' | 'INACTIVE';
  claimType: 'RESOURCE' | 'IDENTITY';
  valueType: 'EXPRESSION' | 'GROUPS' | 'SYSTEM';
  value: string;
  group_filter_type?: 'STARTS_WITH' | 'EQUALS' | 'CONTAINS' | 'REGEX';
  conditions: { scopes: string[] };
  system: boolean;
  alwaysIncludeInToken: boolean;
}

export interface AccessPolicy {
  id: string;
  type: string;
  name: string;
  description: string;
  status: 'ACTIVE' | 'INACTIVE';
  priority: number;
  system: boolean;
  conditions: { clients: { include: string[] } };
}

interface IncludedAndExcluded {
  include?: string[];
  exclude?: string[];
}

export interface AccessRule {
  id: string;
  type: string;
  name: string;
  status: 'ACTIVE' | 'INACTIVE';
  priority: number;
  system: boolean;
  conditions: {
    people: { users?: IncludedAndExcluded; groups?: IncludedAndExcluded };
    grantTypes: { include: string[] };
    scopes: { include: string[] };
  };
  actions: {
    token: {
      accessTokenLifetimeMinutes: number;
      refreshTokenLifetimeMinutes: number;
      refreshTokenWindowMinutes: number;
      [setting: string]: unknown;
    };
  };
}

export interface ZoneAddress {
  type: 'CIDR' | 'RANGE';
  value: string;
}

export interface Zone {
  id: string;
  name: string;
  type: string;
  status: 'ACTIVE' | 'INACTIVE';
  usage: 'POLICY' | 'BLOCKLIST';
  system?: boolean;
  created: string;
  lastUpdated: string;
  gateways?: ZoneAddress[] | null;
  proxies?: ZoneAddress[] | null;
}

export type OriginScope = 'CORS' | 'REDIRECT' | 'IFRAME_EMBED';

export interface TrustedOrigin {
  id: string;
  name: string;
  origin: string;
  status: 'ACTIVE' | 'INACTIVE';
  scopes: { type: OriginScope }[];
  created: string;
  lastUpdated: string;
}

export type RoleType =
  | 'SUPER_ADMIN'
  | 'ORG_ADMIN'
  | 'APP_ADMIN'
  | 'USER_ADMIN'
  | 'GROUP_MEMBERSHIP_ADMIN'
  | 'HELP_DESK_ADMIN'
  | 'READ_ONLY_ADMIN'
  | 'REPORT_ADMIN'
  | 'API_ACCESS_MANAGEMENT_ADMIN';

export interface AdminRole {
  id: string;
  type: RoleType;
  label: string;
  assignmentType?: 'USER' | 'GROUP' | 'CLIENT';
  created?: string;
}

export interface Organization {
  id: string;
  companyName: string;
  subdomain?: string | null;
  status?: string;
  created?: string;
  website?: string | null;
  phoneNumber?: string | null;
  endUserSupportHelpURL?: string | null;
  [field: string]: unknown;
}

interface LogSubject {
  id: string;
  type: string;
  alternateId: string | null;
  displayName: string | null;
}

export interface LogEvent {
  uuid: string;
  published: string;
  eventType: string;
  displayMessage: string;
  severity: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  actor: LogSubject | null;
  client: { ipAddress?: string | null; userAgent?: { rawUserAgent?: string | null } | null } | null;
  outcome: { result: string; reason: string | null } | null;
  target: LogSubject[] | null;
  transaction?: { id?: string; detail?: Record<string, unknown> } | null;
  [part: string]: unknown;
}

// ---- /admin/api

export interface ConsoleSession {
  user: { id: string; login: string; firstName: string; lastName: string; email: string };
  roles: { type: RoleType; label: string }[];
  /** What this person may do, in the org's words; absent: the org decides at each call. */
  rights?: string[];
  csrfToken: string;
  org: { id: string; companyName: string; issuer: string; version: string };
  idleMinutes: number;
}

/** Where calls with a token may come from. `include` holds zone ids, or `ALL_IP_ZONES` alone. */
export interface TokenNetwork {
  connection: 'ANYWHERE' | 'ZONE';
  include?: string[];
  exclude?: string[];
}

export interface ApiToken {
  id: string;
  name: string;
  clientName: string;
  type: string;
  userId: string;
  userLogin: string;
  userName: string;
  role: { type: RoleType; label: string } | null;
  created: string;
  expiresAt: string;
  lastUsed: string | null;
  state: 'green' | 'grey' | 'red' | 'yellow';
  stateText: string;
  network: TokenNetwork;
  canEdit: boolean;
}

/** The answer that makes a token: the one time that its value exists. */
export interface NewApiToken {
  id: string;
  name: string;
  value: string;
  created: string;
  expiresAt: string;
  userId: string;
}

export interface DashboardTask {
  kind: string;
  title: string;
  detail: string;
  href: string;
}

export interface Dashboard {
  people: Partial<Record<UserStatus, number>>;
  groups: number;
  apps: number;
  tokens: number;
  tasks: DashboardTask[];
  recent: LogEvent[];
}

export interface Administrator {
  user: {
    id: string;
    login: string;
    firstName: string;
    lastName: string;
    email: string;
    status: UserStatus;
  };
  roles: AdminRole[];
}

/** Whom a rule would put into its groups. Of those who match the first are named. */
export interface RulePreview {
  asked: number;
  matched: number;
  /** For whom the condition can't be evaluated. */
  failed: number;
  people: { id: string; login: string; firstName: string; lastName: string; status: UserStatus }[];
}

/** What an authorization server would put into its tokens, or why it would give none. */
export interface TokenPreview {
  refused?: { error: string; description: string };
  policy?: { id: string; name: string };
  rule?: { id: string; name: string };
  tokens?: {
    accessToken: Record<string, unknown>;
    idToken?: Record<string, unknown>;
    userInfo?: Record<string, unknown>;
  };
}
