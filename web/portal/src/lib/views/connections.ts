// On which connection profile a query is tried: the one it was tried on last in this browser, else the only one.

import type { Connection } from '$lib/api';

const KEY = 'webreports.view-connection';

/** The profiles that this person may publish against. */
export function publishable(connections: Connection[]): Connection[] {
  return connections.filter(({ actions }) => actions.includes('publish'));
}

export function connectionAtFirst(connections: Connection[], preferred: string | undefined): string {
  const known = (id: string | null | undefined): string | undefined =>
    connections.find((connection) => connection.id === id)?.id;
  return known(preferred) ?? known(remembered()) ?? (connections.length === 1 ? connections[0]!.id : '');
}

function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function rememberConnection(id: string): void {
  try {
    localStorage.setItem(KEY, id);
  } catch {
    // Storage is switched off: it is chosen anew next time.
  }
}
