import { okta, path, type ClientSecret } from '$lib/okta';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends }) => {
  depends('console:application-secrets');
  const { app } = await parent();
  const secrets =
    app.credentials?.oauthClient?.token_endpoint_auth_method === 'none' || app.signOnMode !== 'OPENID_CONNECT'
      ? []
      : await okta.get<ClientSecret[]>(path`/api/v1/apps/${params.id}/credentials/secrets`);
  return { secrets };
};
