import { redirect } from '@sveltejs/kit';
import { api, unwrap } from '$lib/api';
import { signInAddress } from '$lib/session/return';
import { session } from '$lib/session/session.svelte';
import type { PageLoad } from './$types';

/** With a code: the claim. Without one: an administrator goes on setting up. */
export const load: PageLoad = async ({ url, parent, depends }) => {
  depends('setup:all');
  await parent();
  const code = url.searchParams.get('code') ?? '';
  const current = session.current ?? (await session.load());
  if (!current) {
    const options = await unwrap(api.GET('/api/v1/sign-in-options'));
    if (options.setup_open) return { code, setup: undefined };
    redirect(307, signInAddress('/management/sign-in'));
  }
  return { code, setup: await unwrap(api.GET('/api/v1/setup')) };
};
