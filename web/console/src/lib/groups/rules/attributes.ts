// Attributes that a plain condition can ask about: texts of any user type.

import { ATTRIBUTES, FURTHER } from '$lib/people/profile';
import { userSchemas } from '$lib/people/schemas';
import { session } from '$lib/session/session.svelte';

export interface Asked {
  value: string;
  label: string;
}

/** Who may not read schemas is offered those of the default profile; the expression takes every other. */
export async function attributesToAsk(): Promise<Asked[]> {
  const titles = new Map<string, string>();
  if (session.may('schemas.read') && session.may('types.read')) {
    for (const { definitions } of await userSchemas())
      for (const part of [definitions.base, definitions.custom])
        for (const [name, { title, type }] of Object.entries(part?.properties ?? {}))
          if (type === 'string' && !titles.has(name)) titles.set(name, title);
  } else for (const { name, label } of [...ATTRIBUTES, ...FURTHER]) titles.set(name, label);
  return [...titles].map(([value, title]) => ({ value, label: `${title} (${value})` }));
}
