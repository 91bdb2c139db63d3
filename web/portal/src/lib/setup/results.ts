// What was found before a saving and still holds after it. Invariant: a result stays only while nothing that its check
// rests on has changed; the server, which keeps none over a saving, finds it again before the switch turns on.

import type { CheckName, Setup } from '$lib/api';

/** What a saving gave anew beside the domain. */
export interface Renewed {
  secret: boolean;
  token: boolean;
}

/** The set-up as it was saved, with the results that still hold. */
export function withResults(saved: Setup, before: Setup | undefined, { secret, token }: Renewed): Setup {
  if (!before || before.domain !== saved.domain || before.allow_loopback_http !== saved.allow_loopback_http)
    return saved;
  const client = secret || before.client_id !== saved.client_id;
  const changed = (name: CheckName): boolean =>
    name === 'domain' ? false : name === 'client' ? client : token;
  return {
    ...saved,
    checks: saved.checks.map((check) => {
      const found = before.checks.find(({ name }) => name === check.name);
      return check.state === 'waiting' && found && !changed(check.name) ? found : check;
    }),
  };
}
