// The browser of the tests: pages in a size and a scheme, pictures of them, and axe's word on them.
import { readFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const HERE = dirname(fileURLToPath(import.meta.url));
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
export const OUT = join(HERE, 'out');

export const WIDTHS = { wide: 1440, middle: 900, narrow: 390, least: 320 };
export const HEIGHT = 900;

export function launch() {
  return chromium.launch({
    executablePath: process.env.WEBREPORTS_TEST_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page of somebody with cookies of their own. What the page says against its policy, and what it throws, fails the test. */
export async function open(browser, { width = WIDTHS.wide, scheme = 'light' } = {}) {
  const context = await browser.newContext({
    viewport: { width, height: HEIGHT },
    colorScheme: scheme,
    locale: 'en-GB',
    timezoneId: 'Europe/London',
    reducedMotion: 'reduce',
    acceptDownloads: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(String(error)));
  page.on('console', (message) => {
    const text = message.text();
    // An answer that refuses something is no fault of the page's: the tests ask for such answers on purpose.
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) page.complaints.push(text);
    else if (/Content Security Policy|Refused to/.test(text)) page.complaints.push(text);
  });
  await page.addInitScript(watchShifts);
  return page;
}

/** Runs in the page: notes what moves without anybody's doing. */
function watchShifts() {
  globalThis.testShifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      const moved = entry.sources.map(
        ({ node }) => node?.getAttribute?.('class') || node?.nodeName || 'something',
      );
      globalThis.testShifts.push({ value: entry.value, moved: [...new Set(moved)].join(', ') });
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

/** What has moved since the page was opened, in words. Nothing should. */
export async function shifts(page) {
  const found = await page.evaluate(() => globalThis.testShifts);
  return found.map(({ value, moved }) => `${moved} moved by ${value.toFixed(4)}`);
}

/** Takes a picture into `out/`, or to a path of its own. */
export async function picture(page, name, path = join(OUT, `${name}.png`)) {
  await mkdir(dirname(path), { recursive: true });
  await page.screenshot({ path });
}

/** Serious and critical findings of axe, in words. */
export async function seriousFindings(page) {
  // The policy of the page refuses foreign scripts; the browser's own world does not.
  const source = await readFile(AXE, 'utf8');
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send('Page.getFrameTree');
  const { executionContextId: contextId } = await session.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
  });
  await session.send('Runtime.evaluate', { expression: source, contextId });
  const { result } = await session.send('Runtime.evaluate', {
    expression: 'axe.run({ resultTypes: ["violations"] }).then((found) => JSON.stringify(found.violations))',
    contextId,
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach();
  return JSON.parse(result.value)
    .filter((violation) => ['serious', 'critical'].includes(violation.impact))
    .map(
      (violation) =>
        `${violation.id}: ${violation.help} (${violation.nodes.map((node) => node.target.join(' ')).join('; ')})`,
    );
}

/** Whether the page, or a dialog on it, can be scrolled sideways or is cut off there, which none of ours should. */
export function overflowsSideways(page) {
  return page.evaluate(() =>
    [
      document.documentElement,
      ...document.querySelectorAll('dialog[open], dialog[open] form, dialog[open] .inside'),
    ].some((element) => element.scrollWidth > element.clientWidth + 1),
  );
}
