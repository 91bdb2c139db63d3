// The day of somebody who uses no mouse: sign in, run a report, sort, scroll, download, sign out; and in the Admin Console a token,
// a person, a group. The focus is seen at every stop and returns after every dialog.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, open, picture } from '../browser.js';
import { focusIsOn, focusIsSeen, press, tabTo } from '../keyboard.js';
import { caller, publish } from '../reports.js';
import { startSite } from '../site.js';

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

/** Leaves a picture of where it stood when it fails. */
async function walk(name, steps) {
  const page = await open(browser);
  try {
    await steps(page);
    assert.deepEqual(page.complaints, []);
  } catch (error) {
    await picture(page, `keyboard-failed-${name}`);
    throw error;
  }
  await page.context().close();
}

async function fillSignIn(page, login) {
  await page.getByLabel('User name').waitFor();
  await tabTo(page, page.getByLabel('User name'));
  await page.keyboard.type(login);
  await tabTo(page, page.getByLabel('Password'));
  await page.keyboard.type(site.password(login));
  await page.keyboard.press('Enter');
}

async function publishNumbers() {
  const page = await open(browser);
  await page.goto(`${site.portal}/sign-in?return=/help`);
  await press(
    page,
    page
      .getByRole('link', { name: /Sign in with Okta/ })
      .or(page.getByRole('button', { name: /Sign in with Okta/ })),
  );
  await fillSignIn(page, 'ada@demo.example');
  await page.waitForURL((url) => url.pathname === '/help');
  const call = await caller(page, site);
  const [connection] = (await call('GET', '/connections')).items;
  await publish(call, connection.id, {
    name: 'keyboard_numbers',
    title: 'A thousand numbers',
    sql: "with recursive counted(n) as (select 1 union all select n + 1 from counted where n < ?UpTo?) select n, 'number ' || n as name from counted",
    parameters: [
      { name: 'UpTo', label: 'Up to', data_type: 'integer', required: true, default: null, list: false },
    ],
    columns: [{ name: 'n', label: 'N', format: 'integer', width: null, visible: true }],
    roles: ['User'],
  });
  await page.context().close();
}

test('a report is run, sorted, read and taken away by keys alone', async () => {
  await publishNumbers();
  await walk('report', async (page) => {
    await page.goto(`${site.portal}/sign-in`);
    await press(
      page,
      page
        .getByRole('link', { name: /Sign in with Okta/ })
        .or(page.getByRole('button', { name: /Sign in with Okta/ })),
    );
    await fillSignIn(page, 'pia@demo.example');
    await page.getByRole('heading', { name: 'Available' }).waitFor();

    const report = page.getByRole('row', { name: 'A thousand numbers' });
    await report.waitFor();
    await tabTo(page, page.getByRole('row').nth(1));
    for (
      let row = 0;
      row < 60 && !(await report.evaluate((element) => element === document.activeElement));
      row += 1
    )
      await page.keyboard.press('ArrowDown');
    await focusIsOn(page, report, 'the row by arrows');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await focusIsOn(page, dialog.getByLabel('Up to'), 'the dialog begins at its field');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await focusIsOn(page, report, 'after the dialog of the parameters');

    await page.keyboard.press('Enter');
    await focusIsOn(page, dialog.getByLabel('Up to'), 'the dialog again');
    await page.keyboard.type('1000');
    await press(page, dialog.getByRole('button', { name: 'Execute' }));
    const grid = page.getByRole('grid');
    await page
      .getByText(/1,000 rows/)
      .first()
      .waitFor();

    await tabTo(page, grid);
    await page.keyboard.press('Control+Home');
    await focusIsSeen(page, 'the first cell');
    await page.keyboard.press('ArrowUp');
    await focusIsSeen(page, 'the heading');
    const heading = grid.getByRole('columnheader', { name: /^N\b/ });
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await grid.getByText('number 1000', { exact: true }).waitFor();
    assert.equal(await heading.getAttribute('aria-sort'), 'descending');
    await page.keyboard.press('Control+End');
    await grid.getByText('number 1', { exact: true }).waitFor();
    await focusIsSeen(page, 'the last cell');

    await page.keyboard.press('f');
    const filter = page.getByRole('form', { name: /^Filter/ });
    await filter.waitFor();
    await focusIsSeen(page, 'the filter');
    await picture(page, 'keyboard-filter');
    await page.keyboard.press('Escape');
    await filter.waitFor({ state: 'hidden' });
    await focusIsOn(page, grid, 'after the filter');

    const files = page.getByRole('button', { name: 'Download' });
    await tabTo(page, files, { back: true });
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: /CSV/ }).waitFor();
    await focusIsSeen(page, 'the menu of files');
    await page.keyboard.press('Escape');
    await focusIsOn(page, files, 'after the menu of files');
    await page.keyboard.press('Enter');
    await page.keyboard.type('CSV');
    const download = page.waitForEvent('download');
    await page.keyboard.press('Enter');
    assert.match((await download).suggestedFilename(), /\.csv$/);

    await press(page, page.getByRole('link', { name: /^Completed/ }));
    await page.getByRole('heading', { name: 'Completed' }).waitFor();
    await press(page, page.getByRole('button', { name: /look and sign out/ }));
    const signOut = page.getByRole('menuitem', { name: 'Sign out' });
    await signOut.waitFor();
    await page.keyboard.press('End');
    await focusIsOn(page, signOut, 'the end of the menu');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname === '/sign-in');
  });
});

test('a token, a person and a member of a group are made by keys alone', () =>
  walk('console', async (page) => {
    const { keyboard } = page;
    const dialog = page.getByRole('dialog');
    await page.goto(`${site.org}/admin/`);
    await fillSignIn(page, 'olga@demo.example');
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor();

    await page.goto(`${site.org}/admin/security/api/tokens`);
    const create = page.getByRole('button', { name: 'Create token' }).first();
    await press(page, create);
    await focusIsOn(
      page,
      dialog.getByLabel('What do you want your token to be named?'),
      'the dialog of the token',
    );
    await keyboard.type('By keys');
    await press(page, dialog.getByRole('button', { name: 'Create token' }));
    await page.getByLabel('The value', { exact: true }).waitFor();
    await focusIsSeen(page, 'the value that is shown once');
    await press(page, page.getByRole('button', { name: 'OK, got it' }));
    await dialog.waitFor({ state: 'hidden' });
    await focusIsOn(page, create, 'after the token');

    await page.goto(`${site.org}/admin/directory/people`);
    const person = page.getByRole('button', { name: 'Add person' }).first();
    await press(page, person);
    await focusIsOn(page, dialog.getByLabel('First name'), 'the dialog of the person');
    for (const [label, value] of [
      ['First name', 'Kim'],
      ['Last name', 'Keys'],
      ['Primary e-mail', 'kim@demo.example'],
    ]) {
      await tabTo(page, dialog.getByLabel(label));
      await keyboard.type(value);
    }
    await press(page, dialog.getByRole('button', { name: 'Save', exact: true }));
    await page.getByRole('dialog', { name: /^Activation link/ }).waitFor();
    await press(page, page.getByRole('button', { name: 'OK, got it' }));
    await page.getByRole('dialog', { name: /^Activation link/ }).waitFor({ state: 'hidden' });
    await page.getByRole('heading', { name: 'Kim Keys' }).waitFor();

    await page.goto(`${site.org}/admin/directory/groups`);
    const group = page.getByRole('row', { name: 'WRUser' });
    await group.waitFor();
    await tabTo(page, page.getByRole('row').nth(1));
    for (
      let row = 0;
      row < 60 && !(await group.evaluate((element) => element === document.activeElement));
      row += 1
    )
      await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    const manage = page.getByRole('button', { name: 'Manage people' }).first();
    await press(page, manage);
    await tabTo(page, dialog.getByLabel('Find people to add'));
    await keyboard.type('Kim');
    await press(page, dialog.getByRole('button', { name: /^Add Kim/ }));
    await dialog.getByRole('button', { name: /^Remove Kim/ }).waitFor();
    await press(page, dialog.getByRole('button', { name: 'Done' }));
    await dialog.waitFor({ state: 'hidden' });
    await focusIsOn(page, manage, 'after the people of the group');
  }));
