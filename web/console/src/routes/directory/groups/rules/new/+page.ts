import { attributesToAsk } from '$lib/groups/rules/attributes';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent }) => {
  await parent();
  const [{ default: RuleForm }, attributes] = await Promise.all([
    import('$lib/groups/rules/RuleForm.svelte'),
    attributesToAsk(),
  ]);
  return { RuleForm, attributes };
};
