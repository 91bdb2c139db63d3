import { redirect } from '@sveltejs/kit';
import { faceReady } from '@webreports/ui/faces';
import { problemOf } from '@webreports/ui/problem';
import { places, signInAddress } from '$lib/places';
import { session } from '$lib/session/session.svelte';
import type { LayoutLoad } from './$types';

export const ssr = false;
export const prerender = false;

let started = false;
let face: Promise<void>;

/** Knows who is signed in before any page is shown; pages in `(bare)` work without. */
export const load: LayoutLoad = async ({ route, url, untrack }) => {
  if (!started) {
    session.start();
    started = true;
    face = faceReady();
  }
  if (route.id?.startsWith('/(bare)')) {
    await face;
    return {};
  }
  // The frame is on its way while the session is asked for; pages without it do not load it.
  const frame = Promise.all([import('$lib/frame/Frame.svelte'), face]).then(([module]) => module.default);
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
