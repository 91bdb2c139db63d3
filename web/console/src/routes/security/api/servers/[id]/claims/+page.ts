import { claimsOf, scopesOf } from '$lib/servers/servers';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends, url }) => {
  depends('console:server-claims');
  await parent();
  const [claims, scopes] = await Promise.all([claimsOf(params.id), scopesOf(params.id)]);
  return { claims, scopes, kind: url.searchParams.get('in') ?? '' };
};
