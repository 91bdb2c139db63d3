import { okta, path, type ScopeGrant } from '$lib/okta';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends, url }) => {
  depends('console:application-grants');
  const { app } = await parent();
  const filters = { q: (url.searchParams.get('q') ?? '').trim(), show: url.searchParams.get('show') ?? '' };
  if (!app.credentials?.oauthClient?.client_id) return { ...filters, scopes: [], grants: [] };
  const [{ scopes }, grants] = await Promise.all([
    okta.get<{ scopes: string[] }>('/admin/api/scopes'),
    okta.get<ScopeGrant[]>(path`/api/v1/apps/${params.id}/grants`),
  ]);
  return { ...filters, scopes, grants };
};
