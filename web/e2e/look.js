// One page under every eye: four widths in light and dark. Nothing runs out at the side, axe finds nothing serious, the browser has no
// complaint, the title names the page. The pictures lie in out/ to be looked at.
import { HEIGHT, WIDTHS, overflowsSideways, picture, seriousFindings, shifts } from './browser.js';
import { executed } from './hostile.js';
import { settled } from './people.js';

/** Where axe looks: each scheme, wide and narrow. What it finds does not change between two widths of one layout. */
const WITH_AXE = new Set(['light-wide', 'dark-wide', 'light-least', 'dark-narrow']);
/** A frame of the browser's own to lay the page out after its size has changed. */
const twoFrames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

/** Looks at the page as it stands, an open dialog included. What is wrong comes back in words. */
export async function inspect(page, name) {
  const wrong = [];
  const title = await page.title();
  if (!title.trim() || /undefined|null|\[object|NaN/.test(title)) wrong.push(`its title is “${title}”`);
  for (const [size, width] of Object.entries(WIDTHS)) {
    await page.setViewportSize({ width, height: HEIGHT });
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.evaluate(twoFrames);
      const variant = `${scheme}-${size}`;
      const found = WITH_AXE.has(variant) ? await seriousFindings(page) : [];
      if (await overflowsSideways(page)) found.push('runs out at the side');
      wrong.push(...found.map((what) => `${variant}: ${what}`));
      await picture(page, `${name}.${variant}`);
    }
  }
  wrong.push(...page.complaints.splice(0));
  await page.setViewportSize({ width: WIDTHS.wide, height: HEIGHT });
  await page.emulateMedia({ colorScheme: 'light' });
  return wrong.map((what) => `${name}: ${what}`);
}

/** Opens an address in a wide and in a narrow window, in neither of which anything moves by itself, and looks at it. */
export async function visit(page, address, name) {
  const wrong = [];
  for (const size of ['narrow', 'wide']) {
    await page.setViewportSize({ width: WIDTHS[size], height: HEIGHT });
    await page.goto(address);
    await settled(page);
    wrong.push(...(await shifts(page)).map((what) => `${name}: ${size}: ${what}`));
  }
  return [...wrong, ...(await inspect(page, name))];
}

const nameOf = (path) =>
  path
    .replace(/\b(0o|00)[A-Za-z0-9]{18}\b/g, 'id')
    .replace(/[^a-z]+/gi, '-')
    .replace(/^-|-$/g, '');

/** Visits one address after another under one base. */
export async function visitAll(page, base, paths, kind) {
  const wrong = [];
  for (const path of paths) wrong.push(...(await visit(page, base + path, `${kind}-${nameOf(path)}`)));
  return wrong;
}

/** Does each step, looks at what stands there then, and goes on after one that failed. */
export async function lookAt(page, kind, steps) {
  const wrong = [];
  for (const [name, step] of Object.entries(steps)) {
    const known = `${kind}-${name}`;
    try {
      await step();
      wrong.push(...(await inspect(page, known)));
      if (await executed(page)) wrong.push(`${known}: content was executed`);
    } catch (error) {
      await picture(page, `${known}.failed`);
      wrong.push(`${known}: ${error.message.split('\n').slice(0, 3).join(' ')}`);
    }
  }
  return wrong;
}
