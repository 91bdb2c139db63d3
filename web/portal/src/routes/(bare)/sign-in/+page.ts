import { redirect } from '@sveltejs/kit';
import { api, unwrap } from '$lib/api';
import { localPath } from '$lib/session/return';
import { session } from '$lib/session/session.svelte';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ url, parent }) => {
  await parent();
  const goOn = localPath(url.searchParams.get('return'), url.origin);
  const [options, current] = await Promise.all([
    unwrap(api.GET('/api/v1/sign-in-options')),
    url.searchParams.has('problem') ? undefined : session.load(),
  ]);
  if (current) redirect(307, goOn);
  return { options, goOn };
};
