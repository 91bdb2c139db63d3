import { redirect } from '@sveltejs/kit';
import { problemOf } from '@webreports/ui/problem';
import { places, signInAddress } from '$lib/places';
import { session } from '$lib/session/session.svelte';
import type { LayoutLoad } from './$types';

export const ssr = false;
export const prerender = false;

let started = false;

/** Knows who is signed in before any page is shown; pages in `(bare)` work without. */
export const load: LayoutLoad = async ({ route, url, untrack }) => {
  if (!started) {
    session.start();
    started = true;
  }
  if (route.id?.startsWith('/(bare)')) return {};
  // The frame is on its way while the session is asked for; pages without it do not load it.
  const frame = import('$lib/frame/Frame.svelte').then((module) => module.default);
  if (session.current) return { Frame: await frame };
  const here = untrack(() => url.pathname + url.search + url.hash);
  let denied: boolean;
  try {
    const entry = await session.load();
    if (entry === 'in') return { Frame: await frame };
    denied = entry === 'denied';
  } catch (thrown) {
    return { problem: problemOf(thrown) };
  }
  if (denied) redirect(307, places.noRole);
  // The sign-in page is the org's own. The browser leaves, so this page is never shown.
  location.replace(signInAddress(here));
  return new Promise<never>(() => undefined);
};
