// Executes a report of the demo's until its first rows are here, in turn with a plain cursor over the same statement.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Session, people } from './session.mjs';

const ROUNDS = 5;
const ROWS = 100;
const POLLS_MAX = 5_000;

const [portal, dataFolder, python] = process.argv.slice(2);

/** What is run: every column of the largest table, as it is stored. */
const VIEW = 'bench_order_lines';
const SQL = 'select * from lineitem';

/** The first who may publish, with the connection that the demo has. */
async function publisher() {
  for (const person of people()) {
    const session = new Session(portal);
    await session.signIn(person);
    const connections = await session.api('GET', '/connections').catch(() => undefined);
    const connection = connections?.items.find(({ kind }) => kind === 'sqlite');
    if (connection) return { session, connection };
  }
  throw new Error('nobody of the demo publishes on an SQLite connection');
}

/** The report that is measured, published and assigned the first time. */
async function find() {
  const { session, connection } = await publisher();
  const available = async () => {
    const { items } = await session.api('GET', '/available?limit=200');
    return items.find(({ title, actions }) => title === VIEW && actions.includes('execute'));
  };
  if (!(await available())) {
    const view = { name: VIEW, title: VIEW, sql: SQL, parameters: [], columns: [], connection_id: connection.id };
    const { id } = await session.api('POST', '/views', view);
    const roles = await session.api('GET', '/roles');
    await session.api('POST', '/assignments', {
      view_ids: [id],
      connection_id: connection.id,
      role_ids: roles.items.map((role) => role.id),
      types: ['Details'],
    });
  }
  const report = await available();
  return { session, id: report.id, sql: SQL, database: resolve(dataFolder, connection.sqlite.path) };
}

async function ours({ session, id }) {
  const begun = performance.now();
  const run = await session.api('POST', `/assignments/${id}/runs`, { parameters: {}, keep: false });
  for (let poll = 0; poll < POLLS_MAX; poll += 1) {
    const now = await session.api('GET', `/runs/${run.id}`);
    if (now.state === 'completed' || now.readable_rows > 0) {
      await session.api('POST', `/runs/${run.id}/page`, { offset: 0, limit: ROWS, sort: [], filter: [] });
      return performance.now() - begun;
    }
    if (!['queued', 'running'].includes(now.state)) throw new Error(`the run is ${now.state}`);
  }
  throw new Error('the run did not come to its first rows');
}

function cursor({ sql, database }) {
  const script = fileURLToPath(new URL('cursor.py', import.meta.url));
  const result = spawnSync(python, [script, database, String(ROWS)], { input: sql, encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`the cursor failed: ${result.stderr}`);
  return Number(result.stdout);
}

const median = (figures) => figures.sort((left, right) => left - right)[Math.floor(figures.length / 2)];

const report = await find();
await ours(report);
const measured = { ours: [], cursor: [] };
for (let round = 0; round < ROUNDS; round += 1) {
  measured.cursor.push(cursor(report));
  measured.ours.push(await ours(report));
}
console.log(`ours_ms ${median(measured.ours)}`);
console.log(`cursor_ms ${median(measured.cursor)}`);
