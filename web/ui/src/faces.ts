// The face that every page is written in.

/** As long as a page waits for it: on a slow line the words come first, in the fallback's metrics. */
const WAIT_MS = 500;

/** Ends when the face is there. A page that is first painted in it has no words that move when it arrives. */
export async function faceReady(): Promise<void> {
  const waited = new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  await Promise.race([document.fonts.load('1em "Inter Variable"'), waited]).catch(() => undefined);
}
