// An empty SQLite file for a connection whose query needs no table.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** SQLite takes a file of no bytes for an empty database. */
export const DatabaseFile = {
  async empty() {
    const folder = await mkdtemp(join(tmpdir(), 'webreports-source-'));
    const path = join(folder, 'empty.db');
    await writeFile(path, '');
    return path;
  },
};
