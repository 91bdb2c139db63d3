import { attributesOf } from '$lib/groups/rules/rules';
import { userSchemas } from '$lib/people/schemas';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent }) => {
  await parent();
  const [{ default: RuleForm }, schemas] = await Promise.all([
    import('$lib/groups/rules/RuleForm.svelte'),
    userSchemas(),
  ]);
  return { RuleForm, attributes: attributesOf(schemas) };
};
