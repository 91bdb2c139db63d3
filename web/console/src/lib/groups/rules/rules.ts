// Group rules: what is asked of the org about them, and the words for their states.

import CircleCheck from '@lucide/svelte/icons/circle-check';
import CirclePause from '@lucide/svelte/icons/circle-pause';
import TriangleAlert from '@lucide/svelte/icons/triangle-alert';
import type { Icon, Tone } from '@webreports/ui';
import {
  okta,
  path,
  quoted,
  withQuery,
  type Group,
  type GroupRule,
  type Page,
  type RulePreview,
  type User,
} from '$lib/okta';
import { findOpenGroups } from '../groups';

const PAGE_ROWS = 50;
/** People among the exceptions whose names are asked for; further ones are shown by their ids. */
const NAMED_MAX = 50;
const EXPAND = 'groupIdToGroupNameMap';

export const STATES: Record<GroupRule['status'], { label: string; tone: Tone; icon: Icon }> = {
  ACTIVE: { label: 'Active', tone: 'success', icon: CircleCheck },
  INACTIVE: { label: 'Inactive', tone: 'neutral', icon: CirclePause },
  INVALID: { label: 'Invalid', tone: 'danger', icon: TriangleAlert },
};

export function listRules(search: string): Promise<Page<GroupRule>> {
  return okta.list<GroupRule>(
    withQuery(path`/api/v1/groups/rules`, { search, expand: EXPAND, limit: PAGE_ROWS }),
  );
}

export function readRule(id: string): Promise<GroupRule> {
  return okta.get<GroupRule>(withQuery(path`/api/v1/groups/rules/${id}`, { expand: EXPAND }));
}

/** Groups of a rule, by name where they still exist. */
export function groupsOf(rule: GroupRule, ids: string[]): Group[] {
  const names = rule._embedded?.groupIdToGroupNameMap ?? {};
  return ids.map((id) => ({ id, profile: { name: names[id] ?? `${id} (deleted)` } }) as Group);
}

export function namesOf(rule: GroupRule): string {
  return groupsOf(rule, rule.actions.assignUserToGroups.groupIds)
    .map(({ profile }) => profile.name)
    .join(', ');
}

export async function excludedPeople(rule: GroupRule): Promise<User[]> {
  const ids = rule.conditions.people.users.exclude;
  if (ids.length === 0) return [];
  const filter = ids
    .slice(0, NAMED_MAX)
    .map((id) => `id eq ${quoted(id)}`)
    .join(' or ');
  const found = await okta.get<User[]>(withQuery(path`/api/v1/users`, { filter }));
  return ids.map(
    (id) =>
      found.find((user) => user.id === id) ?? ({ id, profile: { login: id } as User['profile'] } as User),
  );
}

/** Groups that a rule may fill: never those that applications of a directory own, nor Everyone. */
export const findTargets = findOpenGroups;

export interface RuleDraft {
  name: string;
  expression: string;
  people: string[];
  groups: string[];
  targets: string[];
}

function bodyOf(draft: RuleDraft): object {
  return {
    type: 'group_rule',
    name: draft.name.trim(),
    conditions: {
      expression: { value: draft.expression, type: 'urn:okta:expression:1.0' },
      people: { users: { exclude: draft.people }, groups: { exclude: draft.groups } },
    },
    actions: { assignUserToGroups: { groupIds: draft.targets } },
  };
}

export function saveRule(draft: RuleDraft, id?: string): Promise<GroupRule> {
  return id === undefined
    ? okta.post<GroupRule>(path`/api/v1/groups/rules`, bodyOf(draft))
    : okta.put<GroupRule>(path`/api/v1/groups/rules/${id}`, bodyOf(draft));
}

export function setActive(id: string, active: boolean): Promise<void> {
  const deed = active ? 'activate' : 'deactivate';
  return okta.post(path`/api/v1/groups/rules/${id}/lifecycle/${deed}`);
}

export function deleteRule(id: string, removeUsers: boolean): Promise<void> {
  return okta.delete(withQuery(path`/api/v1/groups/rules/${id}`, { removeUsers }));
}

/** Whom a condition would match: of everybody, or of one person by user name. */
export function preview(draft: RuleDraft, user?: string): Promise<RulePreview> {
  const exclude = { users: draft.people, groups: draft.groups };
  return okta.post<RulePreview>('/admin/api/group-rules/preview', {
    expression: draft.expression,
    exclude,
    user,
  });
}
