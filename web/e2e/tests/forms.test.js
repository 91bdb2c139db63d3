// What does not fit is told beside its field, in words, and nothing that was typed is lost.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, open, picture } from '../browser.js';
import { settled, signIn, signInToConsole } from '../people.js';
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

/**
 * Each form: where it is, the thing in a list or the step before it, what opens it, what is chosen and typed into which field, what
 * sends it (the form's own unless it may stand anywhere), and the fields or groups of them that must then say something.
 * A field that is left empty stands with an empty text.
 */
const PORTAL = [
  {
    name: 'role',
    path: '/management/roles',
    opener: 'Add role',
    typed: { Name: '' },
    send: 'Add role',
    wrong: ['Name'],
  },
  {
    name: 'defined-field',
    path: '/management/defined-fields',
    opener: 'Add field',
    typed: { Name: 'Region of the sales', Identifier: 'not an identifier' },
    send: 'Add field',
    wrong: ['Identifier'],
  },
  {
    name: 'connection',
    path: '/management/connections/new',
    typed: { Name: 'Warehouse', Host: '', Port: '70000', Database: 'sales', User: 'reader' },
    send: 'Add and test',
    wrong: ['Host', 'Port'],
  },
  {
    name: 'view',
    path: '/views/new',
    typed: { Title: 'What was typed', Name: '', Category: 'Kept' },
    send: 'Publish…',
    anywhere: true,
    wrong: ['Name'],
  },
  {
    name: 'assign',
    path: '/management/assignments',
    opener: 'Assign…',
    typed: { 'Number of Expiration Days': 'soon', Category: 'Kept', Description: 'Kept as well' },
    send: 'Assign',
    wrong: ['Number of Expiration Days'],
  },
  {
    name: 'connection-saved',
    path: '/management/connections',
    link: 'Sales',
    typed: { Name: '', Time: '60' },
    send: 'Save',
    wrong: ['Name'],
  },
  {
    name: 'view-saved',
    path: '/views',
    link: 'Order lines',
    typed: { Title: '', Description: 'Kept' },
    send: 'Publish…',
    anywhere: true,
    wrong: ['Title'],
  },
  {
    name: 'value',
    path: '/management/users',
    link: 'Pia Lund',
    typed: { 'Region, @RegionID': 'north' },
    send: 'Save',
    wrong: ['Region, @RegionID'],
  },
];
const CONSOLE = [
  {
    name: 'person',
    path: '/admin/directory/people',
    opener: 'Add person',
    typed: { 'First name': 'Kim', 'Last name': '', 'Primary e-mail': 'kim@demo.example' },
    send: 'Save',
    wrong: ['Last name'],
  },
  {
    name: 'address',
    path: '/admin/directory/people',
    opener: 'Add person',
    typed: { 'First name': 'Kim', 'Last name': 'Keys', 'Primary e-mail': 'not an address' },
    send: 'Save',
    wrong: ['Primary e-mail'],
  },
  {
    name: 'group',
    path: '/admin/directory/groups',
    opener: 'Add group',
    typed: { Name: '', Description: 'What was typed' },
    send: 'Add group',
    wrong: ['Name'],
  },
  {
    name: 'token',
    path: '/admin/security/api/tokens',
    opener: 'Create token',
    typed: { 'What do you want your token to be named?': '' },
    send: 'Create token',
    wrong: ['What do you want your token to be named?'],
  },
  {
    name: 'origin',
    path: '/admin/security/api/trusted-origins',
    opener: 'Add origin',
    typed: { Name: 'Elsewhere', 'Origin URL': 'not an origin' },
    send: 'Add origin',
    wrong: ['Origin URL'],
  },
  {
    name: 'zone',
    path: '/admin/security/networks',
    opener: 'Add IP zone',
    typed: { 'Zone name': 'Office', 'Gateway IPs': '300.1.2.3' },
    send: 'Add zone',
    wrong: ['Gateway IPs'],
  },
  {
    name: 'application',
    path: '/admin/applications/new',
    first: 'Next',
    typed: { 'App integration name': '' },
    send: 'Next',
    wrong: ['App integration name'],
  },
  {
    name: 'account',
    path: '/admin/settings/account',
    typed: { 'Company name': '', Website: 'What was typed' },
    send: 'Save',
    wrong: ['Company name'],
  },
  {
    name: 'application-saved',
    path: '/admin/applications',
    link: 'WebReports',
    typed: { 'Application name': '', 'Sign-in redirect URI 1': 'not an address' },
    send: 'Save',
    wrong: ['Application name', 'Sign-in redirect URI 1'],
  },
  {
    name: 'person-saved',
    path: '/admin/directory/people',
    link: 'Pia Lund',
    typed: { 'First name': '', 'Primary e-mail': 'not an address', Department: 'Kept' },
    send: 'Save',
    wrong: ['First name'],
  },
  {
    name: 'group-saved',
    path: '/admin/directory/groups',
    link: 'WRUser',
    opener: 'Edit',
    typed: { Name: '', Description: 'Kept' },
    send: 'Save',
    wrong: ['Name'],
  },
  {
    name: 'group-twice',
    path: '/admin/directory/groups',
    opener: 'Add group',
    typed: { Name: 'WRUser', Description: 'Kept' },
    send: 'Add group',
    wrong: ['Name'],
  },
  {
    name: 'token-zones',
    path: '/admin/security/api/tokens',
    opener: 'Create token',
    chosen: 'In any of the following zones',
    typed: { 'What do you want your token to be named?': 'Kept' },
    send: 'Create token',
    wrong: ['API calls made with this token must originate from'],
  },
  {
    name: 'administrator',
    path: '/admin/security/administrators',
    opener: 'Add administrator',
    first: /^Choose Pia/,
    typed: {},
    send: 'Give the role',
    wrong: ['Role'],
  },
];

/** Opens a form, and says where it stands. */
async function formOf(page, { link, first, opener }) {
  if (link) {
    await page.getByRole('link', { name: link, exact: true }).first().click();
    await settled(page);
  }
  if (opener) await page.getByRole('button', { name: opener }).first().click();
  const form = opener ? page.getByRole('dialog').last() : page.locator('main');
  if (first) await form.getByRole('button', { name: first }).click();
  return form;
}

/** What stands beside a field, or a group of them, that does not fit. */
function wordsBeside(page, field) {
  return field
    .and(page.locator('[aria-invalid="true"]'))
    .evaluate(
      (input) =>
        (input.getAttribute('aria-describedby') ?? '')
          .split(' ')
          .filter((id) => id.endsWith('-error'))
          .map((id) => document.getElementById(id)?.innerText.trim())
          .join(' '),
      undefined,
      { timeout: 10_000 },
    )
    .catch(() => '');
}

/** Sends a form that does not fit, and says what is not as it should be. */
async function refused(page, base, entry) {
  const { name, path, anywhere, chosen, typed, send, wrong } = entry;
  await page.goto(base + path);
  await settled(page);
  const form = await formOf(page, entry);
  const field = (label) => form.getByLabel(label, { exact: true });
  if (chosen) await field(chosen).check();
  for (const [label, value] of Object.entries(typed)) await field(label).fill(value);
  await (anywhere ? page : form).getByRole('button', { name: send, exact: true }).click();
  const found = [];
  for (const label of wrong) {
    const group = form.getByRole('radiogroup', { name: label, exact: true });
    const words = await wordsBeside(page, field(label).or(group).first());
    if (!/\p{L}{2}.* \p{L}{2}/u.test(words)) found.push(`${name}: “${label}” says “${words}”`);
  }
  for (const [label, value] of Object.entries(typed)) {
    const kept = await field(label).inputValue();
    if (kept !== value) found.push(`${name}: “${label}” holds “${kept}”, not “${value}”`);
  }
  await picture(page, `form-${name}`);
  return [...found, ...page.complaints.splice(0)];
}

async function refusedAll(page, base, forms) {
  const found = [];
  for (const form of forms) {
    try {
      found.push(...(await refused(page, base, form)));
    } catch (error) {
      await picture(page, `form-failed-${form.name}`);
      found.push(`${form.name}: ${error.message.split('\n')[0]}`);
    }
  }
  return found;
}

test('the forms of the portal say what does not fit beside the field, and keep what was typed', async () => {
  const page = await open(browser);
  page.setDefaultTimeout(10_000);
  await signIn(page, site, 'ada@demo.example');
  assert.deepEqual(await refusedAll(page, site.portal, PORTAL), []);
  await page.context().close();
});

test('the forms of the Admin Console say what does not fit beside the field, and keep what was typed', async () => {
  const page = await open(browser);
  page.setDefaultTimeout(10_000);
  await signInToConsole(page, site, 'olga@demo.example');
  assert.deepEqual(await refusedAll(page, site.org, CONSOLE), []);
  await page.context().close();
});
