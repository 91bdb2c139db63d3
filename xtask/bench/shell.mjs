// Prints the compressed bytes of the scripts that a built single-page application loads at once: those that its
// start page names, and all that they import statically.
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';

const folder = process.argv[2];
const page = readFileSync(join(folder, 'index.html'), 'utf8');

/** The path below the build of an address in the page, whatever base path it was built for. */
const belowBuild = (address) => address.replace(/^.*?(?=_app\/)/, '');

const waiting = [...page.matchAll(/["'(]([^"'()\s]*_app\/[^"'()\s]+\.js)["')]/g)].map((found) => belowBuild(found[1]));
const loaded = new Set();
let bytes = 0;
while (waiting.length > 0) {
  const path = waiting.pop();
  if (loaded.has(path)) continue;
  loaded.add(path);
  const script = readFileSync(join(folder, path));
  bytes += gzipSync(script, { level: 9 }).length;
  for (const found of script.toString().matchAll(/(?:\bfrom|\bimport)\s*["'](\.[^"']+\.js)["']/g)) {
    waiting.push(normalize(join(dirname(path), found[1])));
  }
}
if (loaded.size === 0) {
  console.error(`${folder}/index.html names no script`);
  process.exit(1);
}
console.log(String(bytes));
