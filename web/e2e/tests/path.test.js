// The path that everything starts with, walked by hand from a blank demo: the org's first administrator, the API token, groups,
// people, the application, set-up with each of its test lines, a report run by another person, files, sign-out. The pictures of the
// help article "Connect Okta" are taken on the way, so that they cannot go stale.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { launch, open, picture } from '../browser.js';
import { inspect, visitAll } from '../look.js';
import { fillSignIn, settled } from '../people.js';
import { startSite } from '../site.js';

const HELP = join(dirname(fileURLToPath(import.meta.url)), '../../portal/static/help/pictures');
const GROUPS = ['WRAdmin', 'WRRoleAdmin', 'WRUser', 'WRPublisher', 'WRScheduler', 'WRQueue'];
const PASSWORD = 'Quiet-harbour-2468';
const PEOPLE = [
  { first: 'Ana', last: 'Admin', login: 'ana@path.example', group: 'WRAdmin' },
  { first: 'Uma', last: 'User', login: 'uma@path.example', group: 'WRUser' },
];

const EMPTY = [
  '/reports/available',
  '/reports/completed',
  '/views',
  '/management/users',
  '/management/defined-fields',
  '/management/connections',
  '/management/assignments',
];

let site;
let browser;

before(async () => {
  site = await startSite({ blank: true });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await site?.stop();
});

/** Opens an address and waits until the page can be used. */
async function go(page, address) {
  await page.goto(address);
  await settled(page);
}

/** What was wrong with the looks of a step; nothing should be. */
const wrong = [];

/** Looks at a step in every size and scheme. */
async function look(page, name) {
  await settled(page);
  wrong.push(...(await inspect(page, `path-${name}`)));
}

/** The picture of a step: into `out/`, and where the help article shows it. */
async function step(page, name, forHelp) {
  await settled(page);
  await picture(page, `path-${name}`);
  if (forHelp) await picture(page, name, join(HELP, `${forHelp}.png`));
}

test('from an API token to a report on the screen', async () => {
  const pages = [];
  try {
    await walk(pages);
  } catch (error) {
    for (const [index, page] of pages.entries()) await picture(page, `path-failed-${index}`);
    throw error;
  }
});

async function walk(pages) {
  const someone = async () => {
    const page = await open(browser);
    pages.push(page);
    return page;
  };
  const console = await someone();
  const org = (path) => `${site.org}/admin${path}`;

  // The org's first administrator.
  await go(console, site.firstAdministratorLink);
  await console.getByLabel('First name').fill('Olga');
  await console.getByLabel('Last name').fill('Orlova');
  await console.getByLabel('E-mail').fill('olga@path.example');
  await console.getByLabel('Password', { exact: true }).fill('short');
  await console.getByLabel('The password again').fill('short');
  await console.getByRole('button', { name: /Create the account/ }).click();
  await console
    .getByText(/at least 8|characters/i)
    .first()
    .waitFor();
  assert.equal(
    await console.getByLabel('E-mail').inputValue(),
    'olga@path.example',
    'what was typed is kept',
  );
  await console.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await console.getByLabel('The password again').fill(PASSWORD);
  await console.getByRole('button', { name: /Create the account/ }).click();
  await console.getByRole('heading', { name: 'Dashboard' }).waitFor();
  await step(console, '01-dashboard');

  // The API token: its value is there once.
  await go(console, org('/security/api/tokens'));
  await console.getByRole('button', { name: 'Create token' }).first().click();
  const dialog = console.getByRole('dialog');
  await dialog.getByLabel('What do you want your token to be named?').fill('WebReports Integration');
  await step(console, '02-token-name', 'token-name');
  await dialog.getByRole('button', { name: 'Create token' }).click();
  const secret = console.getByLabel('The value', { exact: true });
  await secret.waitFor();
  await step(console, '03-token-value', 'token-value');
  const token = (await secret.textContent()).trim();
  assert.match(token, /^00[A-Za-z0-9_-]{40}$/);
  await console.getByRole('button', { name: 'Copy the value' }).click();
  await console.getByText('Copied').first().waitFor();
  await console.getByRole('button', { name: 'OK, got it' }).click();
  await console.getByText('WebReports Integration').first().waitFor();
  for (const again of ['reload', 'goBack', 'goForward']) {
    await console[again]();
    await settled(console);
    assert.ok(!(await console.content()).includes(token), `the value is gone after ${again}`);
  }

  // The six groups and two people.
  for (const name of GROUPS) {
    await go(console, org('/directory/groups'));
    await console.getByRole('button', { name: 'Add group' }).first().click();
    const add = console.getByRole('dialog');
    await add.getByLabel('Name').fill(name);
    await add.getByRole('button', { name: 'Add group' }).click();
    await add.waitFor({ state: 'hidden' });
  }
  await go(console, org('/directory/groups'));
  await console.getByText('WRScheduler').waitFor();
  await step(console, '04-groups', 'groups');

  for (const person of PEOPLE) {
    await go(console, org('/directory/people'));
    await console.getByRole('button', { name: 'Add person' }).first().click();
    const add = console.getByRole('dialog');
    await add.getByLabel('First name').fill(person.first);
    await add.getByLabel('Last name').fill(person.last);
    await add.getByLabel('Primary e-mail').fill(person.login);
    await add.getByLabel('I set a password now').check();
    await add.getByLabel('Password', { exact: true }).fill(PASSWORD);
    const change = add.getByLabel('They must change it at the first sign-in');
    if (await change.isChecked()) await change.uncheck();
    await add.getByRole('button', { name: 'Save', exact: true }).click();
    await add.waitFor({ state: 'hidden' });
  }
  await go(console, org('/directory/groups'));
  for (const person of PEOPLE) {
    await console.getByRole('link', { name: person.group, exact: true }).click();
    await console.getByRole('button', { name: 'Manage people' }).first().click();
    await console.getByRole('button', { name: new RegExp(`^Add ${person.first}`) }).click();
    await console.getByRole('button', { name: new RegExp(`^Remove ${person.first}`) }).waitFor();
    if (person === PEOPLE[0]) await step(console, '05-people', 'people');
    await console.getByRole('button', { name: 'Done' }).click();
    await go(console, org('/directory/groups'));
  }

  // The application.
  await go(console, org('/applications/new'));
  await console.getByLabel(/Web Application/).check();
  await console.getByRole('button', { name: 'Next' }).click();
  await console.getByLabel('App integration name').fill('WebReports');
  await console.getByLabel('Sign-in redirect URI').first().fill(`${site.portal}/OIDCCallback`);
  await console.getByLabel('Sign-out redirect URI').first().fill(`${site.portal}/`);
  await step(console, '06-application', 'application');
  await console.getByRole('button', { name: 'Next' }).click();
  await console.getByLabel('Everyone in your organization').check();
  await console.getByRole('button', { name: 'Create' }).click();
  await console.waitForURL((url) => /\/applications\/0oa/.test(url.pathname));
  await step(console, '07-application-made');
  const { clientId, clientSecret } = await clientOf(console);

  // Set-up: every test line, then the switch.
  const portal = await someone();
  await go(portal, site.setUpLink);
  await portal.getByLabel('Name', { exact: true }).fill('Emergency');
  await portal.getByLabel('User name').fill('emergency');
  await portal.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await portal.getByLabel('Password again').fill(PASSWORD);
  await look(portal, '08-claim');
  await portal.getByRole('button', { name: /Make the administrator/ }).click();
  await portal.getByLabel('Okta domain').fill(site.org);
  await portal.getByLabel('Allow plain http on this machine').check();
  await portal.getByRole('button', { name: 'Save and check' }).click();
  await portal.getByRole('button', { name: 'Go on', exact: true }).waitFor();
  await step(portal, '09-domain', 'wizard-domain');
  await look(portal, '09-domain');
  await portal.getByRole('button', { name: 'Go on', exact: true }).click();
  await portal.getByRole('textbox', { name: 'Client ID' }).fill(clientId);
  await portal.getByRole('textbox', { name: 'Client secret' }).fill('wrong');
  await portal.getByRole('button', { name: 'Save and check' }).click();
  await portal
    .getByText(/refuses/i)
    .first()
    .waitFor();
  await look(portal, '10-client-refused');
  await portal.getByRole('textbox', { name: 'Client secret' }).fill(clientSecret);
  await portal.getByRole('button', { name: 'Save and check' }).click();
  await portal.getByRole('button', { name: 'Go on', exact: true }).click();
  await portal.getByRole('textbox', { name: 'API token' }).fill(token);
  await portal.getByRole('button', { name: 'Save and check' }).click();
  await portal.getByRole('button', { name: 'Go on', exact: true }).waitFor();
  await step(portal, '11-token', 'wizard-token');
  await look(portal, '11-token');
  await portal.getByRole('button', { name: 'Go on', exact: true }).click();
  await portal.getByRole('button', { name: 'Check both' }).click();
  await settled(portal);
  await look(portal, '12-groups');
  await portal.getByRole('button', { name: 'Go on', exact: true }).click();
  await portal.getByRole('button', { name: 'Check all' }).click();
  await portal.waitForFunction(() => !document.body.textContent.includes('Checking…'));
  await step(portal, '13-checks', 'wizard-checks');
  await look(portal, '13-checks');
  await portal.getByRole('button', { name: 'Switch on sign-in with Okta' }).click();
  await portal.getByText('Sign-in with Okta is on').waitFor();
  assert.ok(!(await portal.content()).includes(token), 'the token is not shown again');

  // Nothing is there yet, and each page says what will be.
  wrong.push(...(await visitAll(portal, site.portal, EMPTY, 'empty')));

  // A connection, a View and an assignment, so that there is something to run.
  await publishSample(portal);

  // Somebody else signs in, runs it, looks, takes it away.
  const uma = await someone();
  await go(uma, `${site.portal}/sign-in`);
  await step(uma, '14-sign-in', 'sign-in');
  await uma
    .getByRole('link', { name: /Sign in with Okta/ })
    .or(uma.getByRole('button', { name: /Sign in with Okta/ }))
    .click();
  await step(uma, '15-org-sign-in');
  await fillSignIn(uma, 'uma@path.example', PASSWORD);
  await uma.getByRole('button', { name: 'Execute Numbers' }).waitFor();
  await step(uma, '16-available');
  await uma.getByRole('button', { name: 'Execute Numbers' }).click();
  await uma.getByLabel('Up to').fill('many');
  await uma.getByRole('dialog').getByRole('button', { name: 'Execute' }).click();
  await uma
    .getByText(/whole number/)
    .first()
    .waitFor();
  await uma.getByLabel('Up to').fill('5000');
  await step(uma, '17-parameter');
  await uma.getByRole('dialog').getByRole('button', { name: 'Execute' }).click();
  const grid = uma.getByRole('grid');
  await grid.getByText('number 7', { exact: true }).waitFor();
  await uma
    .getByText(/5,000 rows/)
    .first()
    .waitFor();
  await step(uma, '18-rows');
  await grid.getByRole('columnheader', { name: /^N\b/ }).getByRole('button').first().click();
  await grid.getByRole('columnheader', { name: /^N\b/ }).getByRole('button').first().click();
  await grid.getByText('number 5000', { exact: true }).waitFor();
  await step(uma, '19-sorted');
  await grid.getByRole('gridcell').first().click();
  await uma.keyboard.press('Control+End');
  await grid.getByText('number 1', { exact: true }).waitFor();
  await step(uma, '20-scrolled');
  for (const [label, ending] of [
    ['CSV', 'csv'],
    ['XLSX', 'xlsx'],
  ]) {
    const download = uma.waitForEvent('download');
    await uma.getByRole('button', { name: 'Download' }).click();
    await uma.getByRole('menuitem', { name: new RegExp(label) }).click();
    const file = await download;
    assert.match(file.suggestedFilename(), new RegExp(`\\.${ending}$`));
    const bytes = await readFile(await file.path());
    if (ending === 'csv') assert.equal(bytes.toString().trim().split('\n').length, 5001);
    else assert.equal(bytes.subarray(0, 2).toString(), 'PK');
  }
  await uma.getByRole('button', { name: 'Keep in Completed' }).click();
  await uma.getByText('kept until').waitFor();
  await go(uma, `${site.portal}/reports/completed`);
  await uma.getByText('Numbers').first().waitFor();
  await step(uma, '21-completed');
  await uma.getByRole('button', { name: /Uma User/ }).click();
  await uma.getByRole('menuitem', { name: 'Sign out' }).click();
  await uma.waitForURL((url) => url.pathname === '/sign-in' || url.pathname === '/');
  const gone = await uma.request.get(`${site.portal}/api/v1/session`);
  assert.equal(gone.status(), 401);
  assert.deepEqual([...wrong, ...console.complaints, ...portal.complaints, ...uma.complaints], []);
}

/** Client id and secret, asked for with the console's own session, as its page does. */
async function clientOf(page) {
  const apps = await (await page.request.get(`${site.org}/api/v1/apps`)).json();
  const { client_id: clientId, client_secret: clientSecret } = apps[0].credentials.oauthClient;
  return { clientId, clientSecret: clientSecret ?? (await secretsOf(page, apps[0].id)) };
}

async function secretsOf(page, app) {
  const secrets = await (await page.request.get(`${site.org}/api/v1/apps/${app}/credentials/secrets`)).json();
  return secrets[0].client_secret;
}

/** A View over a small SQLite file, by the API with the page's own session. */
async function publishSample(page) {
  const { csrf_token: csrf } = await (await page.request.get(`${site.portal}/api/v1/session`)).json();
  const call = async (path, data) => {
    const answer = await page.request.post(`${site.portal}/api/v1${path}`, {
      data,
      headers: { 'x-csrf-token': csrf, origin: site.portal },
    });
    assert.ok(answer.ok(), `${path}: ${await answer.text()}`);
    return answer.json();
  };
  const { DatabaseFile } = await import('../sqlite.js');
  const connection = await call('/connections', {
    name: 'Numbers',
    kind: 'sqlite',
    sqlite: { path: await DatabaseFile.empty() },
  });
  const view = await call('/views', {
    name: 'numbers',
    title: 'Numbers',
    sql: "with recursive counted(n) as (select 1 union all select n + 1 from counted where n < ?UpTo?) select n, 'number ' || n as name, n * 1.5 as half_more from counted",
    parameters: [
      { name: 'UpTo', label: 'Up to', data_type: 'integer', required: true, default: null, list: false },
    ],
    columns: [{ name: 'n', label: 'N', format: 'integer', width: null, visible: true }],
    connection_id: connection.id,
  });
  const roles = await (await page.request.get(`${site.portal}/api/v1/roles`)).json();
  const user = roles.items.find((role) => role.name === 'User');
  await call('/assignments', {
    view_ids: [view.id],
    connection_id: connection.id,
    role_ids: [user.id],
    types: ['Details'],
  });
}
