// Every address of the console, in one place. They begin with the base path, so that links work wherever it is mounted.

import { base } from '$app/paths';

const id = encodeURIComponent;

export const places = {
  dashboard: base || '/',
  people: `${base}/directory/people`,
  importPeople: `${base}/directory/people/import`,
  person: (user: string) => `${base}/directory/people/${id(user)}`,
  groups: `${base}/directory/groups`,
  group: (group: string) => `${base}/directory/groups/${id(group)}`,
  rules: `${base}/directory/groups/rules`,
  newRule: `${base}/directory/groups/rules/new`,
  rule: (rule: string) => `${base}/directory/groups/rules/${id(rule)}`,
  profiles: `${base}/directory/profile-editor`,
  profile: (type: string) => `${base}/directory/profile-editor/${id(type)}`,
  applications: `${base}/applications`,
  newApplication: `${base}/applications/new`,
  application: (app: string) => `${base}/applications/${id(app)}`,
  servers: `${base}/security/api`,
  server: (server: string) => `${base}/security/api/servers/${id(server)}`,
  tokens: `${base}/security/api/tokens`,
  origins: `${base}/security/api/trusted-origins`,
  networks: `${base}/security/networks`,
  administrators: `${base}/security/administrators`,
  systemLog: `${base}/reports/system-log`,
  /** The log, already filtered by an expression. */
  logOf: (filter: string) => `${base}/reports/system-log?filter=${id(filter)}`,
  account: `${base}/settings/account`,
  downloads: `${base}/settings/downloads`,
  help: (article: string) => `${base}/help/${article}`,
  noRole: `${base}/no-role`,
  signedIn: `${base}/signed-in`,
};

/** The org's sign-in page, coming back to a path of ours. */
export function signInAddress(path: string): string {
  return `/login/login.htm?fromURI=${encodeURIComponent(path)}`;
}

/** Signs out at the org and comes back to the console's door. */
export const SIGN_OUT = `/login/signout?fromURI=${encodeURIComponent(places.dashboard)}`;
