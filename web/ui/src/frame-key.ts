// The two keys that the frame listens for, also before what they open is there.

/** What a key asks the frame for. A question mark that is typed into something is none. */
export function frameKey(event: KeyboardEvent): 'palette' | 'keys' | undefined {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') return 'palette';
  if (event.key !== '?' || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const target = event.target as HTMLElement;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ? undefined : 'keys';
}
