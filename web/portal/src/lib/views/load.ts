// What the editor of a View needs beside the View itself.

import { api, unwrap, type Connection, type DefinedField } from '$lib/api';
import { everything } from '$lib/everything';
import { publishable } from './connections';

export async function forEditor(): Promise<{ connections: Connection[]; fields: DefinedField[] }> {
  const [connections, fields] = await Promise.all([
    everything((query) => unwrap(api.GET('/api/v1/connections', { params: { query } }))),
    everything((query) => unwrap(api.GET('/api/v1/defined-fields', { params: { query } }))),
  ]);
  return { connections: publishable(connections), fields };
}

/** The connection on which a View is assigned; undefined when it isn't, or when that can't be seen. */
export async function assignedOn(view: { id: string; name: string }): Promise<string | undefined> {
  try {
    const list = await unwrap(api.GET('/api/v1/assignments', { params: { query: { q: view.name } } }));
    return list.items.find((assignment) => assignment.view.id === view.id)?.connection.id;
  } catch {
    // Only a convenience: the connection is chosen by hand then.
    return undefined;
  }
}
