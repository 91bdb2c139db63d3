// Asking before a page is left with something on it that would be lost.

/** The browser asks until the returned function is called. */
export function beforeUnload(): () => void {
  const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
  addEventListener('beforeunload', ask);
  return () => removeEventListener('beforeunload', ask);
}
