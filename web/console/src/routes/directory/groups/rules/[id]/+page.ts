import { attributesToAsk } from '$lib/groups/rules/attributes';
import { excludedPeople, readRule } from '$lib/groups/rules/rules';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends }) => {
  depends('console:rule');
  await parent();
  const [{ default: RuleForm }, rule, attributes] = await Promise.all([
    import('$lib/groups/rules/RuleForm.svelte'),
    readRule(params.id),
    attributesToAsk(),
  ]);
  return { RuleForm, rule, excluded: await excludedPeople(rule), attributes };
};
