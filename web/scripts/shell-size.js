// Fails when the script that a page needs before it can be seen is larger than its bar: the entry, what it imports, the
// root layout and error page, the frame where the page stands in one, and the page itself, each file compressed as the
// server sends it. Parts that are loaded beside a page's data (the grid) or on demand (dialogs) are not counted.
// Usage: node scripts/shell-size.js portal console   (after `npm run build`)

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** What stands before any page's own code is there: entry, layout, error page, and the frame or the sign-in page. */
const SHELL_MAX_BYTES = 60_000;
/** The shell with a page's own code. */
const PAGE_MAX_BYTES = 75_000;
/** Pages that are the first that a stranger sees; the root only redirects, so it measures the frame alone. */
const FIRST = ['/', '/(bare)/sign-in'];
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
  // The layout loads the frame while it asks who is signed in; no page inside of it is seen before.
  const frame = manifest[node(0)]?.dynamicImports ?? [];
  const nodes = readdirSync(join(kit, 'generated', 'client-optimized', 'nodes')).map((name) =>
    parseInt(name, 10),
  );
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
        ...(route.startsWith('(bare)') ? [] : frame),
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
    const most = FIRST.includes(page) ? SHELL_MAX_BYTES : PAGE_MAX_BYTES;
    const over = bytes > most;
    failed ||= over;
    const kilobytes = (bytes / 1000).toFixed(1).padStart(6);
    process.stdout.write(
      `${over ? 'OVER' : 'ok  '} ${kilobytes} of ${most / 1000} kB in ${files} files  ${application} ${page}\n`,
    );
  }
}
if (failed) {
  process.stderr.write('A page needs more script than its bar before it can be seen.\n');
  process.exit(1);
}
