// The administrator roles, in Okta's words, and what each may do.

import type { RoleType } from '$lib/okta';

export interface RoleWords {
  type: RoleType;
  label: string;
  meaning: string;
}

export const ROLES: RoleWords[] = [
  {
    type: 'SUPER_ADMIN',
    label: 'Super Administrator',
    meaning: 'Everything, the giving of administrator roles included.',
  },
  {
    type: 'ORG_ADMIN',
    label: 'Organizational Administrator',
    meaning: 'People, groups, applications, API tokens, networks; not administrator roles.',
  },
  {
    type: 'APP_ADMIN',
    label: 'Application Administrator',
    meaning: 'Applications and their assignments; sees people and groups.',
  },
  {
    type: 'USER_ADMIN',
    label: 'Group Administrator',
    meaning: 'People, groups and memberships; own API tokens.',
  },
  {
    type: 'GROUP_MEMBERSHIP_ADMIN',
    label: 'Group Membership Administrator',
    meaning: 'Who is in which group; own API tokens.',
  },
  {
    type: 'HELP_DESK_ADMIN',
    label: 'Help Desk Administrator',
    meaning: 'Resets passwords and unlocks accounts.',
  },
  {
    type: 'READ_ONLY_ADMIN',
    label: 'Read-only Administrator',
    meaning: 'Sees everything, changes nothing; own API tokens, which can only read.',
  },
  { type: 'REPORT_ADMIN', label: 'Report Administrator', meaning: 'Reads the System Log.' },
  {
    type: 'API_ACCESS_MANAGEMENT_ADMIN',
    label: 'API Access Management Administrator',
    meaning: 'Authorization servers and OIDC applications.',
  },
];

export function meaningOf(type: RoleType): string {
  return ROLES.find((role) => role.type === type)?.meaning ?? '';
}
