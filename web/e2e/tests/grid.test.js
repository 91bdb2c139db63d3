// Two million rows in the grid, against the real server: there while they still come, to their end by key, wheel and scroll bar,
// sorted and filtered by the server, and never more of them in the document than the view shows.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, open, overflowsSideways, picture, seriousFindings } from '../browser.js';
import { signIn } from '../people.js';
import { caller, publish } from '../reports.js';
import { startSite } from '../site.js';

const ROWS = 2_000_000;
const FILLED_WITHIN_MS = 240_000;
/** Rows of 32 px in a window of 900 px, with room. */
const ROWS_IN_DOCUMENT_MAX = 60;
const HEAP_GROWTH_MAX = 48 * 1024 * 1024;
/** A whole number, a fraction with nulls, text with nulls and empty text, long text, text beyond Latin, and a date of a table's. */
const SQL = `with recursive counted(n) as (select 1 union all select n + 1 from counted where n < ${ROWS})
select n,
  case when n % 5 = 0 then null else n * 0.25 end as quarter,
  case n % 4 when 0 then null when 1 then '' else 'name ' || n end as name,
  'Ærøskøbing 東京 ' || (n % 10) || ' 🚢' as place,
  'A long remark that no column is wide enough for, about row ' || n || ': ' || 'and so on, and so forth, ' || 'to its end.' as remark,
  o_orderdate as ordered
from counted left join orders on o_orderkey = n % 30`;

let site;
let browser;
let page;
let grid;

before(async () => {
  site = await startSite();
  browser = await launch();
  const publisher = await open(browser);
  await signIn(publisher, site, 'ada@demo.example');
  const call = await caller(publisher, site);
  const [connection] = (await call('GET', '/connections')).items;
  await publish(call, connection.id, {
    name: 'two_million',
    title: 'Two million rows',
    sql: SQL,
    columns: [
      { name: 'n', label: 'N', format: 'integer', width: null, visible: true },
      { name: 'quarter', label: 'Quarter', format: null, width: null, visible: true },
    ],
    roles: ['User'],
  });
  await publisher.context().close();
  page = await open(browser);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: site.portal });
  await signIn(page, site, 'pia@demo.example');
});

after(async () => {
  await browser?.close();
  await site?.stop();
});

/** Runs one part, and leaves a picture of where it stood when it fails. */
async function part(name, work) {
  try {
    await work();
  } catch (error) {
    await picture(page, `grid-failed-${name}`);
    throw error;
  }
}

const status = () => page.locator('.status');
const row = (number) => grid.locator(`[role="row"][aria-rowindex="${number + 1}"]`);
/** A cell of a row by the place of its column; both count from one, as a reader does. */
const cell = (number, column) => row(number).locator(`[role="gridcell"][aria-colindex="${column}"]`);
const heading = (name) => grid.getByRole('columnheader', { name: new RegExp(`^${name}\\b`) });

async function bounded() {
  const count = await grid.getByRole('row').count();
  assert.ok(count <= ROWS_IN_DOCUMENT_MAX, `${count} rows are in the document`);
  assert.equal(await overflowsSideways(page), false, 'the page does not move sideways');
}

async function heap() {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}

async function toFirstCell() {
  await grid.focus();
  await page.keyboard.press('Control+Home');
  await cell(1, 1).waitFor();
}

test('the first rows are there while the rest still comes', () =>
  part('filling', async () => {
    await page.getByRole('button', { name: 'Execute Two million rows' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Execute' }).click();
    grid = page.getByRole('grid');
    await cell(1, 1).getByText('1', { exact: true }).waitFor({ timeout: 60_000 });
    await status()
      .getByText(/rows so far/)
      .waitFor({ timeout: 5_000 });
    await page.getByRole('progressbar', { name: 'The report is running' }).waitFor();
    await bounded();
    await picture(page, 'grid-filling');
    // What one has chosen and where one is stays while rows are added below.
    await cell(3, 1).click();
    const before = await cell(3, 1).boundingBox();
    await status()
      .getByText(/^2,000,000 rows\s*$/)
      .waitFor({ timeout: FILLED_WITHIN_MS });
    const after = await cell(3, 1).boundingBox();
    assert.equal(after.x, before.x);
    assert.equal(await cell(3, 1).getAttribute('aria-selected'), 'true');
    await page.getByRole('progressbar', { name: 'The report is running' }).waitFor({ state: 'detached' });
    assert.match(await status().innerText(), /\d\s?(ms|s|min)\b/, 'the time it took stands below');
    assert.match(await status().innerText(), /\d\s?[kM]B/, 'and its size');
  }));

test('values read as what they are: numbers at the right, null and empty apart, text as it was written', () =>
  part('values', async () => {
    const align = (locator) => locator.evaluate((element) => getComputedStyle(element).textAlign);
    assert.match(await align(cell(1, 1)), /right|end/);
    assert.match(await align(cell(1, 2)), /right|end/);
    assert.match(await align(cell(1, 4)), /left|start/);
    assert.equal((await cell(5, 2).innerText()).trim(), 'null');
    assert.equal((await cell(4, 3).innerText()).trim(), 'null');
    assert.equal((await cell(1, 3).innerText()).trim(), 'empty');
    assert.equal((await cell(2, 4).innerText()).trim(), 'Ærøskøbing 東京 2 🚢');
    assert.match(
      await cell(2, 5).getAttribute('title'),
      /to its end\.$/,
      'the whole of a long text is on hover',
    );
    assert.match(await cell(1, 6).innerText(), /^\d{2}\/\d{2}\/\d{4}$/, 'a date as the reader writes one');
    assert.deepEqual(await seriousFindings(page), []);
    await picture(page, 'grid-values');
  }));

test('the end is reached by a key, and the last row is the right one', () =>
  part('keys', async () => {
    const before = await heap();
    await toFirstCell();
    await page.keyboard.press('Control+End');
    await cell(ROWS, 1).getByText('2,000,000', { exact: true }).waitFor();
    await bounded();
    const [last, area] = [await row(ROWS).boundingBox(), await grid.boundingBox()];
    assert.ok(last.y + last.height <= area.y + area.height + 1, 'the last row is seen whole');
    await picture(page, 'grid-end');
    await page.keyboard.press('PageUp');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Control+Home');
    await cell(1, 1).getByText('1', { exact: true }).waitFor();
    // Thirty places far apart: pages that were left are let go.
    for (let step = 1; step <= 30; step += 1) {
      const top = await grid.evaluate((element, part) => {
        element.scrollTop = Math.round((element.scrollHeight - element.clientHeight) * part);
        return element.scrollTop;
      }, step / 31);
      assert.ok(top > 0);
      await grid.locator('[role="gridcell"][aria-colindex="1"]').getByText(/\d/).first().waitFor();
    }
    await bounded();
    const growth = (await heap()) - before;
    assert.ok(growth < HEAP_GROWTH_MAX, `the page holds ${Math.round(growth / 1e6)} MB more`);
  }));

test('the wheel moves row by row, also at the end', () =>
  part('wheel', async () => {
    await toFirstCell();
    await grid.hover();
    await page.mouse.wheel(0, 32 * 10);
    await cell(11, 1).getByText('11', { exact: true }).waitFor();
    assert.equal(await row(10).count(), 0, 'ten rows further, not thousands');
    await page.keyboard.press('Control+End');
    await cell(ROWS, 1).waitFor();
    await page.mouse.wheel(0, -32 * 10);
    await row(ROWS).waitFor({ state: 'detached' });
    await cell(ROWS - 10, 1)
      .getByText('1,999,990', { exact: true })
      .waitFor();
    for (let step = 0; step < 5; step += 1) await page.mouse.wheel(0, 32 * 4);
    await cell(ROWS, 1).getByText('2,000,000', { exact: true }).waitFor();
    await bounded();
  }));

test('the scroll bar reaches the end', () =>
  part('bar', async () => {
    await toFirstCell();
    const area = await grid.boundingBox();
    const bar = await grid.evaluate((element) => element.offsetWidth - element.clientWidth);
    if (bar > 0) {
      const x = area.x + area.width - bar / 2;
      await page.mouse.move(x, area.y + 12);
      await page.mouse.down();
      await page.mouse.move(x, area.y + area.height / 2, { steps: 4 });
      await page.mouse.move(x, area.y + area.height + 40, { steps: 4 });
      await page.mouse.up();
    } else {
      // A bar that lies over the rows takes no pointer here: what it does is set the place.
      await grid.evaluate((element) => (element.scrollTop = element.scrollHeight));
    }
    await cell(ROWS, 1).getByText('2,000,000', { exact: true }).waitFor();
    await bounded();
  }));

test('the server sorts, and the view begins at the top again', () =>
  part('sort', async () => {
    const sort = heading('N').getByRole('button').first();
    await sort.click();
    await cell(1, 1).getByText('1', { exact: true }).waitFor({ timeout: 60_000 });
    await sort.click();
    await cell(1, 1).getByText('2,000,000', { exact: true }).waitFor({ timeout: 60_000 });
    assert.equal(await heading('N').getAttribute('aria-sort'), 'descending');
    await grid.focus();
    await page.keyboard.press('Control+End');
    await cell(ROWS, 1).getByText('1', { exact: true }).waitFor();
    await picture(page, 'grid-sorted');
    await sort.click();
    await toFirstCell();
    await cell(1, 1).getByText('1', { exact: true }).waitFor();
  }));

test('the server filters, a wrong value is told beside its field, and the filter can be taken away', () =>
  part('filter', async () => {
    await heading('Quarter').getByRole('button', { name: 'Filter Quarter' }).click();
    const form = page.getByRole('form', { name: 'Filter Quarter' });
    await form.getByRole('combobox').selectOption({ label: 'is at least' });
    await form.getByLabel('Value').fill('1,2 many');
    await form.getByRole('button', { name: 'Filter', exact: true }).click();
    await form.getByText(/Write a number/).waitFor();
    assert.equal(await form.getByLabel('Value').inputValue(), '1,2 many', 'what was typed is kept');
    await picture(page, 'grid-filter');
    await form.getByLabel('Value').fill('499999.5');
    await form.getByRole('button', { name: 'Filter', exact: true }).click();
    // 1,999,998 and 1,999,999; the last row's quarter is null.
    await status()
      .getByText(/^2 rows\s+pass\s*$/)
      .waitFor({ timeout: 60_000 });
    await cell(1, 1).getByText('1,999,998', { exact: true }).waitFor();
    await cell(2, 1).getByText('1,999,999', { exact: true }).waitFor();
    await page.getByRole('button', { name: /^Remove the filter/ }).click();
    await status()
      .getByText(/^2,000,000 rows\s*$/)
      .waitFor();
  }));

test('a column becomes wider by the mouse and by keys, and keeps its width', () =>
  part('width', async () => {
    const width = async () => (await heading('Quarter').boundingBox()).width;
    const first = await width();
    const box = await heading('Quarter').boundingBox();
    await page.mouse.move(box.x + box.width - 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width + 58, box.y + box.height / 2, { steps: 5 });
    await page.mouse.up();
    const wider = await width();
    assert.ok(Math.abs(wider - first - 60) <= 3, `${first} px became ${wider} px`);
    await toFirstCell();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Alt+ArrowRight');
    assert.equal(await width(), wider + 16);
    await page.keyboard.press('Alt+ArrowLeft');
    assert.equal(await width(), wider);
    await page.reload();
    await cell(1, 1).getByText('1', { exact: true }).waitFor();
    assert.equal(await width(), wider);
  }));

test('what is copied is clean tab-separated text, exact and without the words for null', () =>
  part('copy', async () => {
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    await toFirstCell();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowRight', 'ArrowRight'])
      await page.keyboard.press(`Shift+${key}`);
    await status().getByText('3 × 4 chosen').waitFor();
    await page.keyboard.press('Control+c');
    await status().getByText('Copied', { exact: true }).waitFor();
    assert.equal(
      await clipboard(),
      [
        ['3', '0.75', 'name 3', 'Ærøskøbing 東京 3 🚢'],
        ['4', '1', '', 'Ærøskøbing 東京 4 🚢'],
        ['5', '', '', 'Ærøskøbing 東京 5 🚢'],
      ]
        .map((cells) => cells.join('\t'))
        .join('\n'),
    );
    await status().getByRole('button', { name: 'Copy with headings' }).click();
    await page.waitForFunction(async () => (await navigator.clipboard.readText()).startsWith('N\tQuarter\t'));
    await grid.focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Control+c');
    await status()
      .getByText(/too much for the clipboard/)
      .waitFor();
    assert.deepEqual(page.complaints, []);
  }));
