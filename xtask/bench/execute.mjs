// Executes a report of the demo's until its first rows are here, in turn with a plain cursor over the same statement.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Session, people } from './session.mjs';

const ROUNDS = 5;
const ROWS = 100;
const POLLS_MAX = 5_000;

const [portal, dataFolder, python] = process.argv.slice(2);

/** A person's session together with a report that needs no value, its statement and its database. */
async function reportOf(person) {
  const session = new Session(portal);
  await session.signIn(person);
  const connections = await session.api('GET', '/connections');
  const assignments = await session.api('GET', '/assignments?limit=200');
  const available = await session.api('GET', '/available?limit=200');
  for (const report of available.items) {
    if (!report.actions.includes('execute') || report.parameters.length > 0) continue;
    const assignment = assignments.items.find(({ id }) => id === report.id);
    const connection = connections.items.find(({ id }) => id === assignment?.connection.id);
    if (connection?.kind !== 'sqlite') continue;
    const view = await session.api('GET', `/views/${assignment.view.id}`);
    if (view.fields.length > 0) continue;
    return { session, id: report.id, sql: view.sql, database: resolve(dataFolder, connection.sqlite.path) };
  }
  return undefined;
}

async function find() {
  const reasons = [];
  for (const person of people()) {
    try {
      const report = await reportOf(person);
      if (report) return report;
    } catch (error) {
      reasons.push(`${person.login}: ${error.message}`);
    }
  }
  throw new Error(`nobody sees a report without parameters and its statement\n${reasons.join('\n')}`);
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
