import { okta, path, type Organization } from '$lib/okta';
import type { PageLoad } from './$types';

interface WellKnown {
  _links?: { organization?: { href: string }; alternate?: { href: string } };
}

export const load: PageLoad = async ({ parent, depends }) => {
  depends('console:org');
  await parent();
  const [org, wellKnown] = await Promise.all([
    okta.get<Organization>(path`/api/v1/org`),
    okta.get<WellKnown>('/.well-known/okta-organization'),
  ]);
  const links = wellKnown._links ?? {};
  const addresses = [links.organization?.href, links.alternate?.href].filter(
    (href): href is string => href !== undefined,
  );
  return { org, addresses };
};
