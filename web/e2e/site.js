// A running site for a browser test: the demo's binary on free ports, in a folder of its own.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const BINARY = process.env.WEBREPORTS_BINARY;
/** Seeding is the longest part of a start. */
const READY_WITHIN_MS = 180_000;

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Starts the demo, seeded or blank, and waits until it says that it is ready.
 * What it prints is what a person has to go by: addresses, one-time links, people with their passwords.
 */
export async function startSite({ blank = false } = {}) {
  if (!BINARY) throw new Error('WEBREPORTS_BINARY names the binary to test; `cargo xtask test` sets it');
  const folder = await mkdtemp(join(tmpdir(), 'webreports-e2e-'));
  const [portal, org] = [await freePort(), await freePort()];
  const flags = [
    'demo',
    '--data',
    join(folder, 'demo'),
    '--portal-port',
    portal,
    '--org-port',
    org,
    '--org-tls-port',
    0,
  ];
  const child = spawn(BINARY, blank ? [...flags, '--blank'] : flags, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = [];
  const ready = new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`not ready in time:\n${lines.join('\n')}`)),
      READY_WITHIN_MS,
    );
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (line.startsWith('Press Ctrl-C')) {
        clearTimeout(timer);
        resolve();
      }
    });
    child.on('exit', (code) => reject(new Error(`the demo ended with ${code}:\n${lines.join('\n')}`)));
  });
  const stop = async () => {
    child.removeAllListeners('exit');
    const ended = new Promise((resolve) => child.on('exit', resolve));
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await ready;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  const after = (label) =>
    lines
      .find((line) => line.startsWith(label))
      ?.slice(label.length)
      .trim();
  return {
    portal: `http://localhost:${portal}`,
    org: `http://localhost:${org}`,
    portalPort: portal,
    setUpLink: after('Set-up'),
    firstAdministratorLink: after('First sign-in'),
    /** The password of a person of the demo, as the demo printed it. */
    password: (login) =>
      lines
        .find((line) => line.trim().startsWith(`${login} `))
        ?.trim()
        .split(/\s+/)
        .at(-1),
    stop,
  };
}
