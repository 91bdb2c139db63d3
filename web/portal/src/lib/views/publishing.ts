// Publishing the next version of a View. Invariant: what somebody else published meanwhile is never put over unseen: the
// server compares the version that the publisher knows of, and says so when a newer one is there.

import { api, unwrap, type NewView, type View } from '$lib/api';
import { ProblemError } from '@webreports/ui/problem';

/** What became of a publication. `changed`: a newer version is there, and nothing was sent over it. */
export type Outcome = 'published' | 'changed' | 'refused';

/** `expected`: the newest version that the publisher knows of. Nothing: there is a newer one. */
export async function publishNext(id: string, body: NewView, expected: number): Promise<View | undefined> {
  const params = { path: { id } };
  try {
    return await unwrap(
      api.PUT('/api/v1/views/{id}', { params, body: { ...body, expected_version: expected } }),
    );
  } catch (thrown) {
    if (thrown instanceof ProblemError && thrown.slug === 'view-changed') return undefined;
    throw thrown;
  }
}
