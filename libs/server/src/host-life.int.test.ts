import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startScriptedServer } from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endHost, findHost, isHostReady } from './host-find.ts';
import { startHost, type RunningHost, type StartHostOptions } from './host-life.ts';
import { takeHostLock } from './host-lock.ts';
import { readHostRecord, writeHostRecord } from './host-record.ts';
import { openHostToken, readHostToken } from './host-token.ts';
import { resolvePaths, type Paths } from './paths.ts';

let home: string;
let env: NodeJS.ProcessEnv;
let paths: Paths;
let hosts: RunningHost[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'nootropic-life-'));
  env = { ...process.env, NOOTROPIC_HOME: home };
  paths = resolvePaths(env);
  hosts = [];
});
afterEach(async () => {
  for (const host of hosts) await host.stop();
  await rm(home, { recursive: true, maxRetries: 5 });
});

async function start(options: Partial<StartHostOptions> = {}): Promise<RunningHost> {
  const host = await startHost({ env, version: '1.2.3', port: 0, ...options });
  hosts.push(host);
  return host;
}

describe('a host', () => {
  it('is found by its record while it holds its lock, and by nobody when it has ended', async () => {
    const host = await start();
    const found = await findHost(paths);
    expect(found).toMatchObject({ url: host.url, token: host.token, version: '1.2.3', pid: process.pid });
    expect(await isHostReady(host)).toBe(true);
    await expect(startHost({ env, version: '1.2.3' })).rejects.toMatchObject({
      code: 'HOST_RUNNING',
      message: expect.stringContaining(host.url) as string,
    });
    await host.stop();
    await host.ended;
    expect(await findHost(paths)).toBeUndefined();
    expect(await isHostReady(host)).toBe(false);
    const next = await start();
    expect(next.token).toBe(host.token);
  });

  it('ends when it is asked to, and tells of itself until then', async () => {
    const host = await start();
    const { assistant } = host;
    const status = await assistant.host.status();
    expect(status).toMatchObject({ pid: process.pid, url: host.url, version: '1.2.3', turns: [] });
    expect(status.processes[0]).toMatchObject({ name: 'host', restarts: 0 });
    const ended = await endHost(paths, { ask: () => assistant.host.stop() });
    expect(ended).toMatchObject({ url: host.url });
    expect(await endHost(paths, { ask: () => Promise.reject(new Error('There is nobody to ask.')) })).toBeUndefined();
  });

  it('that nobody started on purpose ends after the time without work, and not before', async () => {
    let time = 0;
    const host = await start({ byItself: true, minuteMs: 20, now: () => time });
    let isOver = false;
    void host.ended.then(() => (isOver = true));
    expect((await host.assistant.host.status()).endsInMs).toBe(600);
    time = 599;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(isOver).toBe(false);
    time = 600;
    await host.ended;
    expect(await findHost(paths)).toBeUndefined();
  });

  it('that somebody started stays', async () => {
    const host = await start({ minuteMs: 1 });
    expect((await host.assistant.host.status()).endsInMs).toBeUndefined();
  });

  it('takes nothing that is new once it ends', async () => {
    const host = await start();
    const ending = host.stop();
    await expect.poll(() => isHostReady(host)).toBe(false);
    const status = await fetch(`${host.url}/sessions`, { headers: { authorization: `Bearer ${host.token}` } }).then(
      (response) => response.status,
      () => 'closed',
    );
    expect([503, 'closed']).toContain(status);
    expect(await readHostRecord(paths.host)).toBeUndefined();
    await ending;
  });

  it('that does not answer is killed where that is asked for, and only while it holds its lock', async () => {
    const lock = await takeHostLock(paths);
    await openHostToken(paths.token);
    const url = 'http://127.0.0.1:9';
    await writeHostRecord(paths.host, { pid: 12_345, url, version: '1', startedAt: 0, started: {} });
    const killed: number[] = [];
    const ask = () => Promise.reject(new Error('It is deaf.'));
    await expect(endHost(paths, { ask, limitMs: 50 })).rejects.toThrow('It is deaf.');
    const kill = (pid: number): void => {
      killed.push(pid);
      lock.release();
    };
    expect(await endHost(paths, { ask, limitMs: 2000, force: true, kill })).toMatchObject({ pid: 12_345 });
    expect(await endHost(paths, { ask, limitMs: 50, force: true, kill })).toBeUndefined();
    expect(killed).toEqual([12_345]);
  });
});

describe('the end of a host in the middle of its work', () => {
  it('gives each stream its last event, refuses what is new, and keeps the turn as one that was stopped', async () => {
    await using model = await startScriptedServer({
      http,
      answer: () => ({ text: Array.from({ length: 1000 }, (_, at) => `word${String(at)} `), pieceDelayMs: 10 }),
    });
    const host = await start({ env: { ...env, NOOTROPIC_MODELS_CHAT: `openai:tiny@${model.url}/v1` } });
    const post = (path: string, body: object) =>
      fetch(`${host.url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${host.token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const streams = await Promise.all([
      post('/v1/chat/completions', { messages: [{ role: 'user', content: 'talk' }], stream: true }),
      post('/v1/messages', {
        model: 'default',
        max_tokens: 900,
        messages: [{ role: 'user', content: 'talk' }],
        stream: true,
      }),
      post('/api/chat', { model: 'default', messages: [{ role: 'user', content: 'talk' }] }),
      post('/turns', { workspace: home, text: 'talk' }),
    ]);
    const readers = streams.map((response) => endOf(response));
    await expect.poll(() => Promise.resolve(model.running), { timeout: 20_000 }).toBe(4);
    await expect.poll(async () => (await host.assistant.turns.list()).length).toBe(1);

    const ending = host.stop();
    const refused = post('/v1/chat/completions', { messages: [{ role: 'user', content: 'late' }] }).then(
      async (response) => [response.status, await response.text()],
      () => ['closed'],
    );
    const [openai = '', anthropic = '', ollama = '', turn = ''] = await Promise.all(readers);
    expect(openai).toMatch(/"error":.*"code":"host_stopping"/u);
    expect(anthropic).toMatch(/event: error\ndata: .*"type":"error"/u);
    expect(ollama).toMatch(/\{"error":/u);
    expect(turn).toMatch(/"type":"turn-end","reason":"aborted"/u);
    expect(String(await refused)).toMatch(/host_stopping|closed/iu);
    await ending;
    await expect.poll(() => model.running).toBe(0);
  }, 60_000);
});

/** The last thousand characters of a stream, which has to end in good order. */
async function endOf(response: Response): Promise<string> {
  expect(response.status).toBe(200);
  return (await response.text()).slice(-1000);
}

describe('the token', () => {
  it('is 256 bits in a file for the user alone, made once and kept', async () => {
    const { token, notice } = await openHostToken(paths.token);
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(notice).toBe('');
    expect((await stat(paths.token)).mode & 0o777).toBe(0o600);
    expect(await openHostToken(paths.token)).toEqual({ token, notice: '' });
    expect(await readHostToken(paths.token)).toBe(token);
  });

  it.each([
    ['could be read by others', () => chmod(paths.token, 0o644)],
    ['was not written whole', () => writeFile(paths.token, 'half')],
    [
      'is a link',
      async () => {
        await writeFile(`${paths.token}.elsewhere`, await readFile(paths.token), { mode: 0o600 });
        await rm(paths.token);
        await symlink(`${paths.token}.elsewhere`, paths.token);
      },
    ],
  ])('is replaced where it %s, and not used', async (why, spoil) => {
    const { token } = await openHostToken(paths.token);
    await spoil();
    await expect(readHostToken(paths.token)).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      message: expect.stringContaining(why) as string,
    });
    const made = await openHostToken(paths.token);
    expect(made.notice).toContain(why);
    expect(made.token).not.toBe(token);
    expect(await readHostToken(paths.token)).toBe(made.token);
  });

  it('is not made where a folder lies in its place', async () => {
    await mkdir(join(dirname(paths.token), 'token'), { recursive: true });
    await expect(openHostToken(paths.token)).rejects.toThrow();
  });
});

describe('the record of a host', () => {
  it.each(['', '{', '{}', '{"pid":1,"url":"http://example.com","version":"1","startedAt":1}'])(
    'that holds %j names none, and is not in the way',
    async (text) => {
      await mkdir(dirname(paths.host), { recursive: true });
      await writeFile(paths.host, text);
      expect(await readHostRecord(paths.host)).toBeUndefined();
      expect(await findHost(paths)).toBeUndefined();
      expect((await start()).url).toMatch(/^http:/u);
    },
  );
});
