// Return addresses: where to go on after signing in. Local paths only, decided by the URL parser, not by a prefix.

export const HOME = '/reports/available';

/** Pages that make no sense as a place to come back to. */
const NOWHERE = ['/sign-in', '/signed-in', '/no-role', '/setup'];

/** The path to return to; anything that leads elsewhere, or is odd, is HOME. */
export function localPath(asked: string | null | undefined, origin: string): string {
  if (!asked || !asked.startsWith('/') || hasControl(asked) || asked.includes('\\')) return HOME;
  let url: URL;
  try {
    url = new URL(asked, origin);
  } catch {
    return HOME;
  }
  if (url.origin !== origin || url.username || url.password) return HOME;
  const path = url.pathname + url.search + url.hash;
  // The parser may have made `/.//host` into `//host`: a path that is read as a host by the next one.
  if (path.startsWith('//')) return HOME;
  if (url.pathname === '/' || NOWHERE.some((page) => url.pathname === page)) return HOME;
  return path;
}

function hasControl(text: string): boolean {
  return [...text].some((letter) => letter.charCodeAt(0) < 0x20 || letter.charCodeAt(0) === 0x7f);
}

/** The sign-in page that comes back to `path` afterwards. */
export function signInAddress(path: string): string {
  return path === '/' || path === HOME ? '/sign-in' : `/sign-in?return=${encodeURIComponent(path)}`;
}

/** The org's sign-in; the server checks `path` again. */
export function oktaAddress(path: string): string {
  return `/sign-in/okta?return=${encodeURIComponent(path)}`;
}
