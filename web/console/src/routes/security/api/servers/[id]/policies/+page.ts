import { policiesOf, rulesOf, scopesOf } from '$lib/servers/servers';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends, url }) => {
  depends('console:server-policies');
  await parent();
  const [{ default: OrderedList }, policies, scopes] = await Promise.all([
    import('$lib/order/OrderedList.svelte'),
    policiesOf(params.id),
    scopesOf(params.id),
  ]);
  const wanted = url.searchParams.get('policy');
  const policy = policies.find(({ id }) => id === wanted) ?? policies[0];
  return { OrderedList, policies, scopes, policy, rules: policy ? await rulesOf(params.id, policy.id) : [] };
};
