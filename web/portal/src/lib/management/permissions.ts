// Permissions in words, for those who look at a role.

import type { Permission } from '$lib/api';

const WORDS: Record<string, string> = {
  'manage-users': 'manage users',
  'manage-reports': 'manage reports and assignments',
  publish: 'publish Views',
  execute: 'execute and download own reports',
  'execute-any': 'execute and download any report',
  'download-for-role': 'download for a role',
  queue: 'queue',
  'see-all-results': 'see all results',
  'see-role-results': 'see results of own roles',
  schedule: 'schedule',
  configure: 'configure connections and sign-in',
  'see-all-logs': 'see all logs',
  'use-api': 'use the external API',
};

export function permissionWord(permission: Permission): string {
  return WORDS[permission] ?? permission;
}
