// Fails when the script that a page needs before it can be seen is larger than the bar: the entry, what it imports, the
// root layout and error page, the frame where the page stands in one, and the page itself, each file compressed as the
// server sends it. Parts that are loaded beside a page's data (the grid) or on demand (dialogs) are not counted.
// Usage: node scripts/shell-size.js portal console   (after `npm run build`)

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const SHELL_MAX_BYTES = 60_000;
const web = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** Bytes of each file of the build, compressed, remembered. */
const sizes = new Map();
function sizeOf(file) {
  if (!sizes.has(file)) sizes.set(file, gzipSync(readFileSync(file), { level: 9 }).length);
  return sizes.get(file);
}

function measure(application) {
  const kit = join(web, application, '.svelte-kit');
  const client = join(kit, 'output', 'client');
  const manifestFile = join(client, '.vite', 'manifest.json');
  if (!existsSync(manifestFile)) throw new Error(`${application} is not built; run: npm run build`);
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
  const keys = Object.keys(manifest);
  const key = (end) => keys.find((name) => name.endsWith(end));

  function closure(starts) {
    const found = new Set();
    const visit = (name) => {
      if (!name || found.has(name)) return;
      found.add(name);
      for (const next of manifest[name].imports ?? []) visit(next);
    };
    starts.forEach(visit);
    return [...found].map((name) => join(client, manifest[name].file)).filter((file) => file.endsWith('.js'));
  }

  const start = [key('runtime/client/entry.js'), key('client-optimized/app.js')];
  const node = (number) => key(`client-optimized/nodes/${number}.js`);
  const nodes = readdirSync(join(kit, 'generated', 'client-optimized', 'nodes')).map((name) =>
    parseInt(name, 10),
  );
  const frame = key('src/lib/frame/Frame.svelte');
  const scheme = join(web, application, 'static', 'scheme.js');
  return nodes
    .filter((number) => number > 1)
    .map((number) => {
      const source = readFileSync(
        join(kit, 'generated', 'client-optimized', 'nodes', `${number}.js`),
        'utf8',
      );
      const route = /routes\/(.*?)\/?\+(?:page|layout)/.exec(source)?.[1] ?? '';
      const files = closure([
        ...start,
        node(0),
        node(1),
        node(number),
        route.startsWith('(bare)') ? undefined : frame,
      ]);
      if (start.some((name) => name === undefined))
        throw new Error('the entry was not found in the manifest');
      const bytes = files.reduce((sum, file) => sum + sizeOf(file), sizeOf(scheme));
      return { page: `/${route}`, files: files.length, bytes };
    })
    .sort((a, b) => b.bytes - a.bytes);
}

let failed = false;
for (const application of process.argv.slice(2)) {
  for (const { page, files, bytes } of measure(application)) {
    const over = bytes > SHELL_MAX_BYTES;
    failed ||= over;
    const kilobytes = (bytes / 1000).toFixed(1).padStart(6);
    process.stdout.write(
      `${over ? 'OVER' : 'ok  '} ${kilobytes} kB in ${files} files  ${application} ${page}\n`,
    );
  }
}
if (failed) {
  process.stderr.write(
    `A page needs more than ${SHELL_MAX_BYTES / 1000} kB of script before it can be seen.\n`,
  );
  process.exit(1);
}
