// User types and the schemas of their profiles.

import { okta, path, type ProfileSchema, type UserType } from '$lib/okta';

export function userTypes(): Promise<UserType[]> {
  return okta.get<UserType[]>(path`/api/v1/meta/types/user`);
}

/** `default`, or the id of a schema. */
export function userSchema(id: string): Promise<ProfileSchema> {
  return okta.get<ProfileSchema>(path`/api/v1/meta/schemas/user/${id}`);
}

/** The id of the schema of a user type, as its link says. */
export function schemaIdOf(type: UserType): string {
  if (type.default) return 'default';
  const link = type._links?.schema;
  const href = link && !Array.isArray(link) ? link.href : '';
  return href.split('/').at(-1) || 'default';
}

/** The schemas of all user types, that of the default one first. */
export async function userSchemas(): Promise<ProfileSchema[]> {
  const types = await userTypes();
  const sorted = [...types].sort((a, b) => Number(b.default) - Number(a.default));
  return Promise.all(sorted.map((type) => userSchema(schemaIdOf(type))));
}
