import { okta, path, type IdTokenSettings } from '$lib/okta';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends }) => {
  depends('console:application-claim');
  const { app } = await parent();
  if (app.signOnMode !== 'OPENID_CONNECT') return { claim: undefined };
  // Okta has no public call for this one; it is the call that its own console makes.
  const claim = await okta.get<IdTokenSettings | undefined>(
    path`/api/v1/internal/apps/${params.id}/settings/oauth/idToken`,
  );
  return { claim: claim ?? {} };
};
