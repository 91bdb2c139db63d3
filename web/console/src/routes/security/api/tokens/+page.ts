import { okta, path, withQuery, type ApiToken, type Zone } from '$lib/okta';
import type { PageLoad } from './$types';

const ZONES_MAX = 200;

export const load: PageLoad = async ({ parent, url, depends }) => {
  depends('console:tokens');
  const q = (url.searchParams.get('q') ?? '').trim();
  await parent();
  const [tokens, zones] = await Promise.all([
    okta.get<ApiToken[]>(withQuery('/admin/api/tokens', { q })),
    // The names of the zones are a help; without the right to read them their ids are shown.
    okta.get<Zone[]>(withQuery(path`/api/v1/zones`, { limit: ZONES_MAX })).catch((): Zone[] => []),
  ]);
  return { tokens, zones, q };
};
