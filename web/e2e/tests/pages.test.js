// Each page in light and dark at four widths: axe finds nothing serious, nothing runs out at the side, nothing moves by itself, and
// the browser has no complaint. Full as the demo is; the empty pages and those of set-up are looked at on the path (path.test.js).
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { launch, open, picture } from '../browser.js';
import { inspect, visit, visitAll } from '../look.js';
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
  '/help/connections',
  '/help/publishing',
  '/help/results',
  '/help/row-security',
  '/help/running-reports',
  '/docs/api',
];
const CONSOLE = [
  '/admin/',
  '/admin/directory/people',
  '/admin/directory/people/import',
  '/admin/directory/groups',
  '/admin/directory/groups/rules',
  '/admin/directory/groups/rules/new',
  '/admin/directory/profile-editor',
  '/admin/applications',
  '/admin/applications/new',
  '/admin/security/api',
  '/admin/security/api/servers/default',
  '/admin/security/api/servers/default/scopes',
  '/admin/security/api/servers/default/claims',
  '/admin/security/api/servers/default/policies',
  '/admin/security/api/servers/default/token-preview',
  '/admin/security/api/tokens',
  '/admin/security/api/trusted-origins',
  '/admin/security/networks',
  '/admin/security/administrators',
  '/admin/reports/system-log',
  '/admin/settings/account',
  '/admin/settings/downloads',
  '/admin/help/tokens',
];
const OPEN = ['/sign-in', '/no-role', '/no-role?login=quinn%40demo.example'];

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

test('the pages that need no sign-in', async () => {
  const page = await open(browser);
  const wrong = await visitAll(page, site.portal, OPEN, 'open');
  wrong.push(...(await visit(page, `${site.org}/login/login.htm`, 'open-org-sign-in')));
  await page.getByLabel('User name').fill('nobody@demo.example');
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('alert').first().waitFor();
  wrong.push(...(await inspect(page, 'open-org-sign-in-refused')));
  assert.deepEqual(wrong, []);
  await page.context().close();
});

test('the pages of the portal', async () => {
  const page = await open(browser);
  await signIn(page, site, 'ada@demo.example');
  assert.deepEqual(await visitAll(page, site.portal, PORTAL, 'portal'), []);
  await page.context().close();
});

test('the pages of the Admin Console', async () => {
  const page = await open(browser);
  await signInToConsole(page, site, 'olga@demo.example');
  assert.deepEqual(await visitAll(page, site.org, CONSOLE, 'org'), []);
  await page.context().close();
});
