import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Whether the program `redis-server` (in Debian: `apt-get install redis-server`) can be run here. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address ? address.port : 0;
}

export interface OwnRedis extends AsyncDisposable {
  readonly url: string;
  /** Kills it, as a loss of power would. */
  kill(): Promise<void>;
  /** Starts it again on its port, with what it had written. */
  start(): Promise<void>;
}

/** A Redis of its own, on a free port of the loopback, with its files in a folder of its own. */
export async function startRedis(): Promise<OwnRedis> {
  const dir = mkdtempSync(join(tmpdir(), 'nootropic-redis-'));
  const port = await freePort();
  const settings = {
    ...{ port: `${port}`, bind: '127.0.0.1', dir, save: '', daemonize: 'no' },
    ...{ appendonly: 'yes', appendfsync: 'always' },
  };
  let kill = (): Promise<void> => Promise.resolve();
  const start = async (): Promise<void> => {
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise<void>((done) => server.once('close', () => done()));
    kill = async () => {
      server.kill('SIGKILL');
      await ended;
    };
    await new Promise<void>((done, fail) => {
      server.once('error', fail);
      server.once('exit', (code) => fail(new Error(`redis-server ended with ${String(code)}.`)));
      createInterface({ input: server.stdout }).on('line', (line) => {
        if (line.includes('Ready to accept connections')) done();
      });
    });
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    kill: () => kill(),
    start,
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
