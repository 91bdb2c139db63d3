// What an administrator does at the console, step by step, each looked at in light and dark at four widths: group rules, profiles,
// many people at once, an import, an authorization server of one's own, the log while it goes on.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import { launch, open } from '../browser.js';
import { hostile } from '../hostile.js';
import { lookAt } from '../look.js';
import { orgCaller } from '../org.js';
import { fillSignIn, settled, signInToConsole } from '../people.js';
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

/** A console with somebody in it, and the steps that they take. */
async function begin() {
  const page = await open(browser);
  page.setDefaultTimeout(10_000);
  await signInToConsole(page, site, 'olga@demo.example');
  const dialog = page.getByRole('dialog').last();
  return {
    page,
    dialog,
    call: await orgCaller(page),
    go: async (path) => {
      await page.goto(`${site.org}/admin${path}`);
      await settled(page);
    },
    press: async (name) => {
      await page.getByRole('button', { name }).first().click();
      await dialog.waitFor();
      await page.waitForLoadState('networkidle');
    },
    pick: async (row, item) => {
      await page.getByRole('button', { name: `Actions for ${row}` }).click();
      await page.getByRole('menuitem', { name: item, exact: true }).click();
      await dialog.waitFor();
    },
    find: async (label, typed) => {
      const field = page.getByRole('combobox', { name: label });
      await field.fill(typed);
      await page.getByRole('option').filter({ hasText: typed }).first().click();
    },
  };
}

test('a group rule is written, tried on everybody, activated and deleted', async () => {
  const { page, dialog, call, go, pick, find } = await begin();
  await call('POST', '/groups', { profile: { name: 'Night shift', description: hostile(200) } });
  const wrong = await lookAt(page, 'rules', {
    empty: () => go('/directory/groups/rules'),
    missing: async () => {
      await go('/directory/groups/rules/new');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('Type a name.').waitFor();
    },
    preview: async () => {
      await page.getByLabel('Name', { exact: true }).fill('Everybody whose name begins with P');
      await page.getByLabel('User attribute', { exact: true }).selectOption('firstName');
      await page.getByLabel('Comparison').selectOption('starts');
      await page.getByLabel('Value').fill('P');
      await find('Then put them into', 'Night');
      await page.getByRole('button', { name: 'Preview' }).click();
      await page.getByRole('table', { name: 'People who fit' }).getByRole('row').nth(1).waitFor();
    },
    refused: async () => {
      await page.getByRole('radio', { name: 'Fits an expression' }).check();
      await page.getByLabel('Expression', { exact: true }).fill('user.shoeSize ==');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('The expression ends too early').first().waitFor();
    },
    activated: async () => {
      await page.getByLabel('Expression', { exact: true }).fill('String.startsWith(user.firstName, "P")');
      await page.getByRole('button', { name: 'Save and activate' }).click();
      await page.getByRole('heading', { name: 'Everybody whose name begins with P' }).waitFor();
      await page.getByText('An active rule can’t be changed').waitFor();
    },
    list: () => go('/directory/groups/rules'),
    deactivated: () => pick('Everybody whose name begins with P', 'Deactivate'),
    deleted: async () => {
      await dialog.getByRole('button', { name: 'Deactivate' }).click();
      await dialog.waitFor({ state: 'hidden' });
      await pick('Everybody whose name begins with P', 'Delete');
    },
    gone: async () => {
      await dialog.getByRole('button', { name: 'Delete' }).click();
      await page.getByText('There is no rule yet').waitFor();
    },
  });
  assert.deepEqual(wrong, []);
  await page.context().close();
});

test('an attribute is added, filled in on a person’s page and removed with its values', async () => {
  const { page, dialog, call, go, press, pick } = await begin();
  const type = (await call('GET', '/meta/types/user')).find((one) => one.default);
  const [person] = await call('GET', '/users?limit=1');
  const wrong = await lookAt(page, 'profiles', {
    types: () => go('/directory/profile-editor'),
    'type-added': () => press('Add user type'),
    attributes: () => go(`/directory/profile-editor/${type.id}`),
    'attribute-missing': async () => {
      await press('Add attribute');
      await dialog.getByRole('button', { name: 'Add attribute' }).click();
      await page.getByText('Type a display name.').waitFor();
    },
    'attribute-filled': async () => {
      await dialog.getByLabel('Display name').fill('Shirt size');
      assert.equal(await dialog.getByLabel('Variable name').inputValue(), 'shirtSize');
      await dialog.getByLabel('Only these values').fill('S = Small\nM = Medium\nL = Large');
    },
    'attribute-added': async () => {
      await dialog.getByRole('button', { name: 'Add attribute' }).click();
      await page.getByRole('row', { name: 'Shirt size' }).waitFor();
    },
    person: async () => {
      await go(`/directory/people/${person.id}`);
      await page.getByLabel('Shirt size').selectOption('M');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText(/^The profile of .* is saved$/).waitFor();
      assert.equal((await call('GET', `/users/${person.id}`)).profile.shirtSize, 'M');
    },
    'attribute-removed': async () => {
      await go(`/directory/profile-editor/${type.id}?kind=custom`);
      await pick('Shirt size', 'Remove');
    },
    removed: async () => {
      await dialog.getByRole('textbox').fill('shirtSize');
      await dialog.getByRole('button', { name: 'Remove for good' }).click();
      await page.getByText('There is no custom attribute yet').waitFor();
      assert.equal((await call('GET', `/users/${person.id}`)).profile.shirtSize, undefined);
    },
  });
  assert.deepEqual(wrong, []);
  await page.context().close();
});

test('people come from a file, what fails can be had back, and many are changed at once', async () => {
  const { page, dialog, go } = await begin();
  const deed = async (name) => {
    await page.getByRole('button', { name: 'Actions', exact: true }).click();
    await page.getByRole('menuitem', { name, exact: true }).click();
    await dialog.waitFor();
  };
  const rows = [
    'firstName;lastName;email;shoe',
    'Nora;"Neu; from the file";nora.neu@demo.example;38',
    `${hostile(40).replaceAll('"', '""').replaceAll(';', ' ')};Neu;odd.neu@demo.example;1`,
    'Olga;Again;olga@demo.example;2',
    'Nobody;;nobody.neu@demo.example;3',
  ];
  const wrong = await lookAt(page, 'many', {
    file: async () => {
      await go('/directory/people/import');
      const buffer = Buffer.from(rows.join('\r\n'));
      await page.getByLabel('CSV file').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer });
      await page.getByText('4 rows: 3 can be imported, 1 is left out.').waitFor();
    },
    imported: async () => {
      await page.getByRole('button', { name: 'Import 3 people' }).click();
      await page.getByText('2 of 3 done, 1 failed').waitFor();
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Download what is not imported' }).click(),
      ]);
      const lines = (await readFile(await file.path(), 'utf8')).trim().split('\r\n');
      assert.equal(lines.length, 3);
      assert.match(lines[1], /^Olga,Again,olga@demo\.example,2,.*taken already/);
    },
    chosen: async () => {
      await go('/directory/people?q=neu');
      await page.getByRole('checkbox', { name: 'Choose all' }).check();
    },
    question: () => deed('Activate'),
    results: async () => {
      await dialog.getByRole('button', { name: 'Activate' }).click();
      await page.getByText('2 of 2 done').waitFor();
    },
    'groups-missing': async () => {
      await dialog.getByRole('button', { name: 'Done' }).click();
      await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
      await deed('Add to groups');
      await dialog.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByText('Choose at least one group.').waitFor();
    },
  });
  assert.deepEqual(wrong, []);
  await page.context().close();
});

test('an authorization server is made, its policies are ordered by keys, and its tokens are seen before any is given', async () => {
  const { page, dialog, call, go, press, find } = await begin();
  let server;
  const add = async (name, description) => {
    await press('Add policy');
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByLabel('Description').fill(description);
  };
  const order = async () =>
    (await call('GET', `/authorizationServers/${server}/policies`)).map(({ name }) => name);
  const save = async (name) => {
    await dialog.getByRole('button', { name, exact: true }).last().click();
    await dialog.waitFor({ state: 'hidden' });
  };
  const wrong = await lookAt(page, 'servers', {
    added: async () => {
      await go('/security/api');
      await press('Add authorization server');
      await dialog.getByLabel('Name').fill('Orders');
      await dialog.getByLabel('Audience').fill('api://orders');
    },
    settings: async () => {
      await dialog.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByRole('heading', { name: 'Orders' }).waitFor();
      server = new URL(page.url()).pathname.split('/').at(-1);
      await page.getByRole('radio', { name: 'Manual' }).check();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('button', { name: 'Rotate keys' }).waitFor();
    },
    rotated: () => press('Rotate keys'),
    scope: async () => {
      await save('Rotate keys');
      await go(`/security/api/servers/${server}/scopes`);
      await press('Add scope');
      await dialog.getByLabel('Name').fill('orders:read');
      await dialog.getByRole('radio', { name: 'Required' }).check();
    },
    scopes: () => save('Add scope'),
    claim: async () => {
      await go(`/security/api/servers/${server}/claims`);
      await press('Add claim');
      await dialog.getByLabel('Name').fill('first');
      await dialog.getByLabel('Expression').last().fill('user.firstName');
      await dialog.getByRole('radio', { name: 'These scopes' }).check();
      await dialog.getByRole('checkbox', { name: 'profile' }).check();
    },
    claims: () => save('Add claim'),
    'policies-empty': () => go(`/security/api/servers/${server}/policies`),
    policy: () => add('Last', hostile(200)),
    rule: async () => {
      await save('Add policy');
      await add('First', 'Asked before the other');
      await save('Add policy');
      await press('Add rule');
      await dialog.getByLabel('Rule name').fill('Everybody');
    },
    policies: async () => {
      await save('Add rule');
      await page.getByRole('button', { name: /^Move First/ }).press('ArrowUp');
      await page.getByText('First is now number 1 of 2.').waitFor();
      assert.deepEqual(await order(), ['First', 'Last']);
    },
    dragged: async () => {
      const grip = (name) => page.getByRole('button', { name: new RegExp(`^Move ${name}`) });
      await grip('Last').dragTo(grip('First'));
      await page.getByText('Last is now number 1 of 2.').waitFor();
      assert.deepEqual(await order(), ['Last', 'First']);
      await grip('Last').press('End');
      await page.getByText('Last is now number 2 of 2.').waitFor();
    },
    'preview-missing': async () => {
      await go(`/security/api/servers/${server}/token-preview`);
      await page.getByRole('button', { name: 'Preview tokens' }).click();
      await page.getByText('Choose an application.').waitFor();
    },
    preview: async () => {
      await find('Application', 'WebReports');
      await find('Person', 'Pia');
      await page.getByRole('checkbox', { name: 'profile' }).check();
      await page.getByRole('button', { name: 'Preview tokens' }).click();
      await page.getByText('Allowed by the rule “Everybody” of the policy “First”.').waitFor();
      await page.getByLabel('Access token', { exact: true }).getByText('"first": "Pia"').waitFor();
    },
    'preview-refused': async () => {
      await call('POST', `/authorizationServers/${server}/lifecycle/activate`);
      for (const { id } of await call('GET', `/authorizationServers/${server}/policies`))
        await call('POST', `/authorizationServers/${server}/policies/${id}/lifecycle/deactivate`);
      await page.getByRole('button', { name: 'Preview tokens' }).click();
      await page.getByText('access_denied').waitFor();
    },
    deleted: async () => {
      await page.getByRole('button', { name: 'More actions' }).click();
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      await dialog.waitFor();
    },
  });
  assert.deepEqual(wrong, []);
  await page.context().close();
});

test('each kind of application is made, and a service is granted a scope', async () => {
  const { page, dialog, call, go } = await begin();
  const make = async (kind, settings) => {
    await go('/applications/new');
    await page.getByRole('radio', { name: kind }).check();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByLabel('App integration name').fill(`Of the kind ${kind}`);
    await settings();
  };
  const redirect = () => page.getByLabel('Sign-in redirect URI 1').fill('https://app.example.com/callback');
  const create = async (kind) => {
    if (await page.getByRole('button', { name: 'Next' }).isVisible()) {
      await page.getByRole('button', { name: 'Next' }).click();
      await page.getByRole('radio', { name: 'Nobody yet' }).check();
    }
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { name: `Of the kind ${kind}`, exact: true }).waitFor();
  };
  const wrong = await lookAt(page, 'kinds', {
    'bookmark-missing': async () => {
      await make('Bookmark', () => page.getByLabel('URL').fill('intranet'));
      await page.getByRole('button', { name: 'Next' }).click();
      await page.getByText('Type a whole address').waitFor();
    },
    bookmark: async () => {
      await page.getByLabel('URL').fill('https://intranet.example.com/');
      await create('Bookmark');
      await page.getByLabel('URL').fill('https://intranet.example.com/news');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Of the kind Bookmark is saved').waitFor();
    },
    native: () => make('Native Application', redirect).then(() => create('Native Application')),
    'single-page': () =>
      make('Single-Page Application', redirect).then(() => create('Single-Page Application')),
    service: () => make('API Services', async () => undefined).then(() => create('API Services')),
    scopes: async () => {
      await page.getByRole('link', { name: 'Okta API Scopes' }).click();
      await page.getByRole('button', { name: 'Grant okta.users.read', exact: true }).click();
      await page.getByRole('button', { name: 'Revoke okta.users.read', exact: true }).waitFor();
    },
    revoked: async () => {
      await page.getByRole('button', { name: 'Revoke okta.users.read', exact: true }).click();
      await dialog.waitFor();
    },
    'scopes-none': async () => {
      await dialog.getByRole('button', { name: 'Revoke' }).click();
      await dialog.waitFor({ state: 'hidden' });
      await page.goto(`${page.url()}?show=granted`);
      await page.getByText('No scope is granted yet').waitFor();
    },
  });
  assert.deepEqual(wrong, []);
  assert.equal((await call('GET', '/apps?q=Of%20the%20kind')).length, 4);
  await page.context().close();
});

test('the log goes on while one looks, and what is shown can be taken along', async () => {
  const { page, call, go } = await begin();
  const wrong = await lookAt(page, 'log', {
    live: async () => {
      await page.goto(`${site.org}/admin/reports/system-log?live=true&range=1h`);
      await page.getByText('Waiting for events; new ones come on top.').waitFor();
      await call('POST', '/groups', { profile: { name: 'Made while one looks' } });
      await page
        .getByRole('row', { name: /Create.* group|group/i })
        .first()
        .waitFor();
      await page.getByText('Made while one looks').first().waitFor();
    },
    exported: async () => {
      await go('/reports/system-log?range=1h');
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Export CSV' }).click(),
      ]);
      const text = await readFile(await file.path(), 'utf8');
      assert.match(text, /^\uFEFFpublished,eventType,/);
      assert.match(text, /group\.lifecycle\.create/);
    },
  });
  assert.deepEqual(wrong, []);
  await page.context().close();
});

test('people see their applications, and look after their own account', async () => {
  const page = await open(browser);
  page.setDefaultTimeout(10_000);
  const wrong = await lookAt(page, 'own', {
    'sign-in': async () => {
      await page.goto(`${site.org}/enduser/settings`);
      await page.getByLabel('User name').waitFor();
    },
    account: async () => {
      await fillSignIn(page, 'pia@demo.example', site.password('pia@demo.example'));
      await page.getByRole('heading', { name: 'Your account' }).waitFor();
    },
    saved: async () => {
      await page.getByLabel('Nickname').fill(hostile(60));
      await page.getByRole('button', { name: 'Save your profile' }).click();
      await page.getByText('Your profile is saved.').waitFor();
      assert.equal(await page.getByLabel('Nickname').inputValue(), hostile(60).trim());
    },
    refused: async () => {
      await page.getByLabel('First name').fill('P'.repeat(60));
      await page.getByRole('button', { name: 'Save your profile' }).click();
      await page.getByText('The field must be between 1 and 50 characters').waitFor();
    },
    applications: async () => {
      await page.goto(`${site.org}/app/UserHome`);
      await page.getByRole('link', { name: 'Your account' }).waitFor();
    },
  });
  assert.deepEqual(wrong, []);
  await page.context().close();
});
