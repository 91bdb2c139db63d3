import { scopesOf } from '$lib/servers/servers';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent }) => {
  await parent();
  const [{ default: TokenPreview }, scopes] = await Promise.all([
    import('$lib/servers/TokenPreview.svelte'),
    scopesOf(params.id),
  ]);
  return { TokenPreview, scopes };
};
