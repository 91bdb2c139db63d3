import { redirect } from '@sveltejs/kit';
import { faceReady } from '@webreports/ui/faces';
import { problemOf } from '@webreports/ui/problem';
import { signInAddress } from '$lib/session/return';
import { session } from '$lib/session/session.svelte';
import type { LayoutLoad } from './$types';

export const ssr = false;
export const prerender = false;

let started = false;
let face: Promise<void>;

/** Knows who is signed in before any page is shown; pages in `(bare)` work without, and so does the help. */
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
  const open = route.id?.startsWith('/help') ?? false;
  const path = untrack(() => url.pathname + url.search + url.hash);
  try {
    if (await session.load()) return { Frame: await frame };
  } catch (thrown) {
    return open ? {} : { problem: problemOf(thrown) };
  }
  if (open) return {};
  redirect(307, signInAddress(path));
};
