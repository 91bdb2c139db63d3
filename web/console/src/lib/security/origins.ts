// What an origin can be trusted for, in the words of Okta's manual.

import type { OriginScope } from '$lib/okta';

export const SCOPES: Record<OriginScope, { label: string; help: string }> = {
  CORS: {
    label: 'Cross-Origin Resource Sharing (CORS)',
    help: 'Its pages may call the API from the browser.',
  },
  REDIRECT: { label: 'Redirect', help: 'People may be sent there after signing in or out.' },
  IFRAME_EMBED: { label: 'iFrame embed', help: 'It may show pages of this org inside its own.' },
};

/** What is offered: pages of this org are never embedded, so that scope is shown only where another tool set it. */
export const OFFERED: OriginScope[] = ['CORS', 'REDIRECT'];
