// Each page in light and dark, wide, middle and narrow: axe finds nothing serious, nothing runs out at the side, and the browser has
// no complaint about the page's policy. The pictures lie in out/ to be looked at.
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { WIDTHS, launch, open, overflowsSideways, picture, seriousFindings } from '../browser.js';
import { settled, signIn, signInToConsole } from '../people.js';
import { startSite } from '../site.js';

const README_PICTURE = join(dirname(fileURLToPath(import.meta.url)), '../../../docs/pictures/available.png');
const PORTAL = [
  '/reports/available',
  '/reports/completed',
  '/views',
  '/views/new',
  '/management/users',
  '/management/roles',
  '/management/defined-fields',
  '/management/connections',
  '/management/assignments',
  '/management/sign-in',
  '/management/logs',
  '/help',
  '/help/connect-okta',
  '/docs/api',
];
const CONSOLE = [
  '/admin/',
  '/admin/directory/people',
  '/admin/directory/groups',
  '/admin/applications',
  '/admin/applications/new',
  '/admin/security/api',
  '/admin/security/api/tokens',
  '/admin/security/api/trusted-origins',
  '/admin/security/networks',
  '/admin/security/administrators',
  '/admin/reports/system-log',
  '/admin/settings/account',
];
const OPEN = ['/sign-in', '/no-role'];

let site;
let browser;

before(async () => {
  site = await startSite();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await site?.stop();
});

async function look(page, base, path, variant) {
  await page.goto(base + path);
  await settled(page);
  const name = `${base === site.org ? 'org' : 'portal'}${path.replaceAll('/', '-').replace(/-$/, '')}`;
  await picture(page, `${name}.${variant}`);
  const wrong = await seriousFindings(page);
  if (await overflowsSideways(page)) wrong.push('runs out at the side');
  wrong.push(...page.complaints.splice(0));
  return wrong.map((what) => `${path} ${variant}: ${what}`);
}

test('the picture of the README', async () => {
  const page = await open(browser);
  await signIn(page, site, 'pia@demo.example');
  await settled(page);
  await page
    .getByRole('button', { name: /^Execute / })
    .first()
    .waitFor();
  await picture(page, 'readme', README_PICTURE);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('portal and org on two sites sign in and out all the same', async () => {
  const page = await open(browser);
  const elsewhere = { ...site, portal: site.portal.replace('localhost', '127.0.0.1') };
  await signIn(page, elsewhere, 'sunil@demo.example');
  assert.equal(new URL(page.url()).hostname, '127.0.0.1');
  await page.getByRole('heading', { name: 'Available' }).waitFor();
  await page.getByRole('button', { name: /Sunil Rao/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.waitForURL((url) => url.hostname === '127.0.0.1' && url.pathname === '/sign-in');
  const gone = await page.request.get(`${elsewhere.portal}/api/v1/session`);
  assert.equal(gone.status(), 401);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

for (const scheme of ['light', 'dark']) {
  for (const [size, width] of Object.entries(WIDTHS)) {
    describe(`${scheme}, ${size}`, () => {
      test('the pages that need no sign-in', async () => {
        const page = await open(browser, { width, scheme });
        const wrong = [];
        for (const path of OPEN) wrong.push(...(await look(page, site.portal, path, `${scheme}-${size}`)));
        wrong.push(...(await look(page, site.org, '/login/login.htm', `${scheme}-${size}`)));
        assert.deepEqual(wrong, []);
        await page.context().close();
      });

      test('the pages of the portal', async () => {
        const page = await open(browser, { width, scheme });
        await signIn(page, site, 'ada@demo.example');
        const wrong = [];
        for (const path of PORTAL) wrong.push(...(await look(page, site.portal, path, `${scheme}-${size}`)));
        assert.deepEqual(wrong, []);
        await page.context().close();
      });

      test('the pages of the Admin Console', async () => {
        const page = await open(browser, { width, scheme });
        await signInToConsole(page, site, 'olga@demo.example');
        const wrong = [];
        for (const path of CONSOLE) wrong.push(...(await look(page, site.org, path, `${scheme}-${size}`)));
        assert.deepEqual(wrong, []);
        await page.context().close();
      });
    });
  }
}
