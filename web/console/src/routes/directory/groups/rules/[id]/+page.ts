import { attributesOf, excludedPeople, readRule } from '$lib/groups/rules/rules';
import { userSchemas } from '$lib/people/schemas';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends }) => {
  depends('console:rule');
  await parent();
  const [{ default: RuleForm }, rule, schemas] = await Promise.all([
    import('$lib/groups/rules/RuleForm.svelte'),
    readRule(params.id),
    userSchemas(),
  ]);
  return { RuleForm, rule, excluded: await excludedPeople(rule), attributes: attributesOf(schemas) };
};
