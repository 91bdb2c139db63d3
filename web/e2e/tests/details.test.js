// Pages of one thing, runs in every state, dialogs and refusals, full of hostile content: in light and dark at four widths nothing
// runs out at the side, nothing of it is executed, axe finds nothing serious, and the browser has no complaint.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, open } from '../browser.js';
import { executed, hostile, HOSTILE_SQL } from '../hostile.js';
import { inspect, lookAt } from '../look.js';
import { settled, signIn, signInToConsole } from '../people.js';
import { caller, publish } from '../reports.js';
import { startSite } from '../site.js';

/** Counts without an end, so that a run of it stays running until it is cancelled. */
const ENDLESS =
  'with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) as counted from n';
/** The least whole number has no positive one, which the database says only once it is asked for it. */
const FAILING = 'select abs(?Number?) as positive';
const LEAST = '-9223372036854775808';

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

test('runs in every state, Views and dialogs of the portal', async () => {
  const page = await open(browser);
  page.setDefaultTimeout(10_000);
  await signIn(page, site, 'ada@demo.example');
  const call = await caller(page, site);
  const go = async (path) => {
    await page.goto(site.portal + path);
    await settled(page);
  };
  /** A page that goes on listening is never idle. */
  const goTo = async (path, text) => {
    await page.goto(site.portal + path);
    await page.getByText(text).first().waitFor();
  };
  const press = async (name) => {
    await page.getByRole('button', { name }).first().click();
    await page.getByRole('dialog').last().waitFor();
    await page.waitForLoadState('networkidle');
  };

  const [connection] = (await call('GET', '/connections')).items;
  const view = (name, sql, title, more) =>
    publish(call, connection.id, { name, title, sql, roles: ['Admin'], ...more });
  const odd = await view('hostile', HOSTILE_SQL, hostile(200), {
    description: hostile(900),
    category: hostile(60),
    parameters: [
      { name: 'Odd', label: hostile(90), data_type: 'text', required: true },
      { name: 'Day', label: 'Day', data_type: 'date', required: false },
    ],
    sql: `select * from (${HOSTILE_SQL}) where coalesce(?Odd?, '') <> 'nothing' and coalesce(?Day?, '') <> '2000-01-01'`,
  });
  await call('PUT', `/views/${odd.id}`, {
    ...asNew(await call('GET', `/views/${odd.id}`)),
    connection_id: connection.id,
    note: hostile(900),
  });
  await view('endless', ENDLESS, 'Counting without an end');
  await view('failing', FAILING, 'A report that its database refuses', {
    parameters: [{ name: 'Number', label: 'Number', data_type: 'integer', required: true }],
  });
  await view('nothing', 'select 1 as n where 0', 'A report without rows');
  const reports = (await call('GET', '/available?limit=200')).items;
  const run = async (title, parameters = {}, keep = true) => {
    const { id } = reports.find((report) => report.title === title);
    return call('POST', `/assignments/${id}/runs`, { parameters, asked: 'execute', keep });
  };
  const ended = async ({ id }) => {
    for (;;) {
      const { state } = await call('GET', `/runs/${id}`);
      if (!['queued', 'running'].includes(state)) return id;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const values = { Odd: hostile(400), Day: '2026-01-31' };
  const full = await ended(await run(hostile(200), values));
  const loose = await ended(await run(hostile(200), values, false));
  const failed = await ended(await run('A report that its database refuses', { Number: LEAST }));
  const empty = await ended(await run('A report without rows'));
  // As many as the connection runs at once, and one that waits for its turn.
  const { concurrent_max: places } = await call('GET', `/connections/${connection.id}`);
  const running = [];
  for (let count = 0; count <= places; count += 1) running.push((await run('Counting without an end')).id);

  const wrong = await lookAt(page, 'detail', {
    'run-running': () => goTo(`/reports/runs/${running[0]}`, 'Running'),
    'run-queued': () => goTo(`/reports/runs/${running.at(-1)}`, 'Queued'),
    'completed-going-on': () => goTo('/reports/completed', 'Counting without an end'),
    'run-cancelled': async () => {
      for (const id of running) await call('POST', `/runs/${id}/cancel`);
      await ended({ id: running[0] });
      await goTo(`/reports/runs/${running[0]}`, 'Cancelled');
    },
    'run-failed': () => goTo(`/reports/runs/${failed}`, 'Failed'),
    'run-empty': () => go(`/reports/runs/${empty}`),
    'run-full': async () => {
      await go(`/reports/runs/${full}`);
      await page.getByRole('gridcell').first().waitFor();
    },
    'run-parameters': async () => {
      await page.getByRole('button', { name: 'More for this run' }).click();
      await page.getByRole('menuitem', { name: 'View parameters' }).click();
      await page.getByRole('dialog').waitFor();
    },
    'run-files': async () => {
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Download' }).first().click();
      await page.getByRole('menu').waitFor();
    },
    'run-deleted': async () => {
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'More for this run' }).click();
      await page.getByRole('menuitem', { name: 'Delete…' }).click();
      await page.getByRole('dialog').waitFor();
    },
    'run-not-kept': () => go(`/reports/runs/${loose}`),
    available: () => go('/reports/available'),
    execute: () => press(`Execute ${hostile(200)}`),
    'execute-as-file': () => page.getByRole('button', { name: 'As a file instead' }).click(),
    'execute-refused': () => page.getByRole('dialog').getByRole('button', { name: 'Download' }).click(),
    completed: () => go('/reports/completed'),
    views: () => go('/views'),
    view: () => go(`/views/${odd.id}`),
    'view-deleted': () => press('Delete…'),
    'view-published': async () => {
      await page.keyboard.press('Escape');
      await press('Publish…');
    },
    'view-version': () => go(`/views/${odd.id}/versions/1`),
    assign: async () => {
      await go(`/management/assignments?assign=${odd.id}`);
      await page.getByRole('dialog').waitFor();
    },
    'assign-refused': () =>
      page
        .getByRole('dialog')
        .getByRole('button', { name: /^Assign/ })
        .click(),
    'role-added': async () => {
      await go('/management/roles');
      await press('Add role');
    },
    'field-added': async () => {
      await go('/management/defined-fields');
      await press('Add field');
    },
    connection: () => go(`/management/connections/${connection.id}`),
    'connection-new': () => go('/management/connections/new'),
    person: async () => {
      const people = (await call('GET', '/people')).items;
      await go(`/management/users/${people.find(({ login }) => login.startsWith('pia')).id}`);
    },
    palette: async () => {
      await go('/reports/available');
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog').waitFor();
      await page.keyboard.type('hostile');
    },
    keys: async () => {
      await page.keyboard.press('Escape');
      await page.keyboard.press('Shift+?');
      await page.getByRole('dialog').waitFor();
    },
    unknown: () => go('/there/is/nothing'),
    'unknown-run': () => go('/reports/runs/run_00000000000000000000'),
    'unknown-view': () => go('/views/view_00000000000000000000'),
  });
  assert.deepEqual(wrong, []);
  await page.context().close();
});

/** What a View is published again with. */
function asNew(view) {
  const { title, description, category, sql, parameters, columns, version } = view;
  return {
    name: view.name,
    title,
    description,
    category,
    sql,
    parameters,
    columns,
    expected_version: version,
  };
}

test('what a reader may not see or has no value for', async () => {
  const page = await open(browser);
  page.setDefaultTimeout(10_000);
  await signIn(page, site, 'pia@demo.example');
  const go = async (path) => {
    await page.goto(site.portal + path);
    await settled(page);
  };
  const wrong = await lookAt(page, 'denied', {
    views: () => go('/views'),
    assignments: () => go('/management/assignments'),
    user: () => go('/management/users/prs_00000000000000000000'),
  });
  assert.deepEqual(wrong, []);
  await page.context().close();
});

test('a report under a Defined Field has no rows for who has no value of it, and says so', async () => {
  const page = await open(browser);
  page.setDefaultTimeout(10_000);
  await signIn(page, site, 'quinn@demo.example');
  const wrong = await lookAt(page, 'withheld', {
    execute: async () => {
      await page
        .getByRole('button', { name: /^Execute Top customers/ })
        .first()
        .click();
      await page.getByRole('dialog').waitFor();
    },
    run: async () => {
      await page.getByRole('dialog').getByRole('button', { name: 'Execute' }).click();
      await page
        .getByText(/The rows are withheld/)
        .and(page.locator(':visible'))
        .waitFor();
      await page.getByText('@RegionID').first().waitFor();
    },
  });
  assert.deepEqual(wrong, []);
  await page.context().close();
});

test('people, groups, applications and dialogs of the Admin Console', async () => {
  const page = await open(browser);
  page.setDefaultTimeout(10_000);
  await signInToConsole(page, site, 'olga@demo.example');
  const go = async (path) => {
    await page.goto(`${site.org}/admin${path}`);
    await settled(page);
  };
  const press = async (name) => {
    await page.getByRole('button', { name }).first().click();
    await page.getByRole('dialog').last().waitFor();
    await page.waitForLoadState('networkidle');
  };
  let call;
  const made = {};
  const wrong = await lookAt(page, 'console', {
    'token-name': async () => {
      await go('/security/api/tokens');
      await press('Create token');
      await page.getByLabel('What do you want your token to be named?').fill('W'.repeat(80));
    },
    'token-value': async () => {
      await page.getByRole('dialog').getByRole('button', { name: 'Create token' }).click();
      const value = page
        .getByRole('dialog')
        .locator('code, .value, output')
        .filter({ hasText: /^\s*00/ })
        .first();
      await value.waitFor();
      const token = (await value.textContent()).trim();
      call = async (method, path, data) => {
        const answer = await page.request.fetch(`${site.org}/api/v1${path}`, {
          method,
          data,
          headers: { authorization: `SSWS ${token}` },
        });
        const text = await answer.text();
        assert.ok(answer.ok(), `${method} ${path}: ${text}`);
        return text ? JSON.parse(text) : undefined;
      };
    },
    tokens: async () => {
      await page.getByRole('button', { name: 'OK, got it' }).click();
      const profile = {
        firstName: hostile(50),
        lastName: 'Ungewöhnlicherfamilienname',
        email: `${'n'.repeat(60)}@demo.example`,
        login: `${'n'.repeat(60)}@demo.example`,
        title: hostile(90),
      };
      made.person = (await call('POST', '/users?activate=false', { profile })).id;
      const group = { profile: { name: hostile(250), description: hostile(900) } };
      made.group = (await call('POST', '/groups', group)).id;
      await call('PUT', `/groups/${made.group}/users/${made.person}`);
      made.app = (
        await call('POST', '/apps', {
          name: 'oidc_client',
          label: hostile(95),
          signOnMode: 'OPENID_CONNECT',
          credentials: { oauthClient: { token_endpoint_auth_method: 'client_secret_basic' } },
          settings: {
            oauthClient: {
              application_type: 'web',
              redirect_uris: [`https://${'a'.repeat(60)}.example/${'path/'.repeat(40)}callback`],
              response_types: ['code'],
              grant_types: ['authorization_code', 'refresh_token'],
            },
          },
        })
      ).id;
      await call('PUT', `/apps/${made.app}/groups/${made.group}`, {});
      await go('/security/api/tokens');
    },
    'token-revoked': async () => {
      await page.getByRole('button', { name: /W{20}/ }).first().click();
      await page.getByRole('menuitem', { name: /Revoke/ }).click();
      await page.getByRole('dialog').waitFor();
    },
    people: () => go('/directory/people'),
    'person-added': () => press('Add person'),
    person: () => go(`/directory/people/${made.person}`),
    'person-groups': () => go(`/directory/people/${made.person}/groups`),
    'person-applications': () => go(`/directory/people/${made.person}/applications`),
    'person-roles': () => go(`/directory/people/${made.person}/roles`),
    groups: () => go('/directory/groups'),
    'group-added': () => press('Add group'),
    group: () => go(`/directory/groups/${made.group}`),
    'group-people': () => press(/Manage people|Assign people|Add people/),
    'group-applications': () => go(`/directory/groups/${made.group}/applications`),
    'group-deleted': async () => {
      await go(`/directory/groups/${made.group}`);
      await page.getByRole('button', { name: 'More actions' }).click();
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      await page.getByRole('dialog').waitFor();
    },
    applications: () => go('/applications'),
    application: () => go(`/applications/${made.app}`),
    'application-sign-on': () => go(`/applications/${made.app}/sign-on`),
    'application-assignments': () => go(`/applications/${made.app}/assignments`),
    'application-new': async () => {
      await go('/applications/new');
      await page.getByRole('button', { name: 'Next' }).click();
    },
    'application-refused': () =>
      page
        .getByRole('button', { name: /Next|Create|Save/ })
        .last()
        .click(),
    zone: async () => {
      await go('/security/networks');
      await press('Add IP zone');
    },
    origin: async () => {
      await go('/security/api/trusted-origins');
      await press('Add origin');
    },
    log: async () => {
      await go('/reports/system-log');
      await page.getByRole('row').nth(1).click();
    },
    unknown: () => go('/directory/people/00u00000000000000000'),
    nothing: () => go('/there/is/nothing'),
  });
  assert.deepEqual(wrong, []);
  await page.context().close();
});

test('somebody without a role is told whom to ask', async () => {
  const page = await open(browser);
  page.setDefaultTimeout(10_000);
  await page.goto(`${site.portal}/no-role?login=${encodeURIComponent(hostile(100))}`);
  await settled(page);
  const wrong = await inspect(page, 'denied-no-role');
  if (await executed(page)) wrong.push('content was executed');
  assert.deepEqual(wrong, []);
  await page.context().close();
});
