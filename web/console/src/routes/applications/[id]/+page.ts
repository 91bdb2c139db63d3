import { okta, path, type ClientSecret } from '$lib/okta';
import { session } from '$lib/session/session.svelte';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends }) => {
  depends('console:application-secrets');
  const { app } = await parent();
  const held =
    app.signOnMode === 'OPENID_CONNECT' &&
    app.credentials?.oauthClient?.token_endpoint_auth_method !== 'none';
  // Who may look at an application may not thereby look at its secrets.
  if (!held || !session.may('apps.secrets')) return { secrets: undefined };
  const secrets = await okta.get<ClientSecret[]>(path`/api/v1/apps/${params.id}/credentials/secrets`);
  return { secrets };
};
