import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hostStatusSchema, turnEventSchema } from '@nootropic/contracts';
import { isHostLocked, resolvePaths, type Paths } from '@nootropic/server';
import { startScriptedServer, type ScriptedServer } from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPlace, jsonLines, run, sourceMain, start, type Finished, type Place, type Started } from './command.ts';

let place: Place;
let paths: Paths;
let model: ScriptedServer;
let started: Started[];

beforeEach(async () => {
  place = await createPlace();
  paths = resolvePaths({ NOOTROPIC_HOME: place.home });
  started = [];
  model = await startScriptedServer({
    http,
    answer: () => ({ text: Array.from({ length: 600 }, (_, at) => `word${String(at)} `), pieceDelayMs: 25 }),
  });
});
afterEach(async () => {
  await run(['stop', '--force', '--timeout', '3'], { place });
  for (const { process: child, finished } of started) {
    child.kill('SIGKILL');
    await finished;
  }
  await model[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

const bound = { timeout: 180_000 };
const nootropic = (...args: string[]): Promise<Finished> => run(args, { place });

async function jsonOf(...args: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await nootropic(...args, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return jsonLines(out).at(-1) ?? {};
}

/** Starts a command that is ended with the test. */
function begin(args: readonly string[], env: Record<string, string> = {}): Started {
  const one = start(args, { place, env });
  started.push(one);
  return one;
}

/** A process that was killed may stay in the table of processes until somebody asks after it; its lock is free at once. */
async function noHostRuns(): Promise<void> {
  await expect.poll(() => isHostLocked(paths), { timeout: 20_000 }).toBe(false);
}

describe('the life of the host', () => {
  it('begins, is seen and ends, and leaves nothing but the token behind', bound, async () => {
    expect(await jsonOf('status')).toMatchObject({ running: false });
    const said = await nootropic('status');
    expect(said).toMatchObject({ code: 0, out: expect.stringContaining('nootropic serve --detach') as string });

    const { url, pid, isNew } = await jsonOf('serve', '--detach');
    expect(isNew).toBe(true);
    expect(await jsonOf('serve', '--detach')).toMatchObject({ url, pid, isNew: false });
    expect((await stat(paths.token)).mode & 0o777).toBe(0o600);
    expect((await stat(paths.host)).mode & 0o777).toBe(0o600);
    const status = await jsonOf('status');
    expect(hostStatusSchema.parse(status)).toMatchObject({ pid, url, turns: [], offline: false });
    expect(status['endsInMs']).toBeGreaterThan(0);
    expect((await nootropic('status')).out).toContain(String(url));

    const refused = await nootropic('serve');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('HOST_RUNNING') as string });
    const kept = await nootropic('uninstall', '--data', '--yes');
    expect(kept).toMatchObject({ code: 1, err: expect.stringContaining('nootropic stop') as string });

    expect(await jsonOf('stop')).toEqual({ stopped: true, pid });
    expect(await jsonOf('stop')).toEqual({ stopped: false });
    expect(existsSync(paths.host)).toBe(false);
    await noHostRuns();
    // No token and no key in what it printed.
    const log = await readFile(join(paths.logs, 'host.log'), 'utf8');
    expect(log).not.toContain((await readFile(paths.token, 'utf8')).trim());
  });

  it('is one where two programs start it at once', bound, async () => {
    const both = await Promise.all([jsonOf('serve', '--detach'), jsonOf('serve', '--detach')]);
    expect(new Set(both.map(({ pid }) => pid)).size).toBe(1);
    expect(both.filter(({ isNew }) => isNew === true)).toHaveLength(1);
  });

  it('goes on after a kill as if nothing had been: no file of the last one is in the way', bound, async () => {
    const { pid } = await jsonOf('serve', '--detach');
    const token = await readFile(paths.token, 'utf8');
    process.kill(Number(pid), 'SIGKILL');
    await noHostRuns();
    expect(existsSync(paths.host)).toBe(true);
    // The number may be that of another process by now, and the address another program's.
    const record = JSON.parse(await readFile(paths.host, 'utf8')) as object;
    await writeFile(paths.host, JSON.stringify({ ...record, pid: process.pid, url: model.url }));
    expect(await jsonOf('status')).toMatchObject({ running: false });
    expect((await nootropic('sessions', 'list')).code).toBe(0);
    expect(model.requests).toEqual([]);
    const again = await jsonOf('serve', '--detach');
    expect(again).toMatchObject({ isNew: true });
    expect(await readFile(paths.token, 'utf8')).toBe(token);
  });

  it('says why it did not start', bound, async () => {
    const taken = http.createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    try {
      const { code, err } = await nootropic('serve', '--detach', '--port', String(port));
      expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(`Port ${String(port)}`) as string });
      // The port of the settings is a wish.
      const serving = begin(['serve'], { NOOTROPIC_HOST_PORT: String(port) });
      await serving.printed((out) => out.includes('API'));
      expect(await jsonOf('status')).toMatchObject({ running: true });
      serving.process.kill('SIGINT');
      expect(await serving.finished).toMatchObject({ code: 0, err: expect.stringContaining('is taken') as string });
    } finally {
      taken.close();
    }
  });

  it('gives every stream its last event before it ends, when it is told to end in the middle', bound, async () => {
    const serving = begin(['serve', '--json']);
    await serving.printed((out) => out.includes('\n'));
    const turn = begin(['ask', '--json', '--model', `openai:tiny@${model.url}/v1`, 'talk'], {});
    await turn.printed((out) => out.includes('word3 '));
    expect(await jsonOf('status')).toMatchObject({ turns: [{ readers: 1 }] });
    serving.process.kill('SIGTERM');
    const { code, out } = await turn.finished;
    const events = jsonLines(out).map((event) => turnEventSchema.parse(event));
    expect({ code, last: events.at(-1) }).toMatchObject({ code: 130, last: { type: 'turn-end', reason: 'aborted' } });
    expect((await serving.finished).code).toBe(0);
    const { out: kept } = await nootropic('sessions', 'show', 'latest', '--json');
    expect(jsonLines(kept).at(-1)).toMatchObject({ type: 'turn-end', reason: 'aborted' });
  });

  it('ends when the older Node that started its Node is killed', bound, async () => {
    const starter = join(place.folder, 'start.mjs');
    const pinned = new URL('../src/pinned-node.ts', import.meta.url).href;
    await writeFile(
      starter,
      `const { runOnPinnedNode } = await import(${JSON.stringify(pinned)});
       await runOnPinnedNode(${JSON.stringify(pathToFileURL(sourceMain).href)}, '22.12');`,
    );
    const parent = spawn(process.execPath, [starter, 'serve', '--json'], {
      cwd: place.repository,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'], HOME: place.folder, NOOTROPIC_HOME: place.home },
    });
    await once(parent.stdout, 'data');
    const { pid } = await jsonOf('status');
    expect(pid).not.toBe(parent.pid);
    parent.kill('SIGKILL');
    await noHostRuns();
    expect(existsSync(paths.host)).toBe(false);
  });
});

describe('a command beside a running host', () => {
  it('answers as it does by itself, and Ctrl-C ends the turn in the host', bound, async () => {
    const asked = [
      ['search', '--json', 'parse the body of a request'],
      ['index', '--json'],
      ['sessions', 'list', '--json'],
      ['history', '--json'],
      ['undo', '--json'],
      ['models', 'list', '--json'],
    ];
    const shape = ({ code, out }: Finished) => ({
      code,
      lines: jsonLines(out).map((line) => Object.keys(line).sort()),
    });
    const alone = [];
    for (const args of asked) alone.push(shape(await nootropic(...args)));
    await jsonOf('serve', '--detach');
    const attached = [];
    for (const args of asked) attached.push(shape(await nootropic(...args)));
    expect(attached.map(({ code }) => code)).toEqual(alone.map(({ code }) => code));
    expect(attached.map(({ lines }) => lines.at(-1))).toEqual(alone.map(({ lines }) => lines.at(-1)));

    const turn = begin(['ask', '--json', '--model', `openai:tiny@${model.url}/v1`, 'talk']);
    await turn.printed((out) => out.includes('word3 '));
    expect(await jsonOf('status')).toMatchObject({ turns: [{ readers: 1 }] });
    turn.process.kill('SIGINT');
    const { code, out } = await turn.finished;
    const last = jsonLines(out).at(-1);
    expect({ code, last }).toMatchObject({ code: 130, last: { type: 'turn-end', reason: 'aborted' } });
    await expect.poll(() => model.running).toBe(0);
    expect(await jsonOf('status')).toMatchObject({ turns: [] });
  });

  it('works by itself where its own settings are others, or where it is told to', bound, async () => {
    const { pid } = await jsonOf('serve', '--detach');
    // The models in memory are those of the host: a command by itself says that it lets go of its own.
    const byItself = async (env: Record<string, string>): Promise<boolean> =>
      (await run(['models', 'ps'], { place, env })).out.includes('a command lets go of its models');
    expect(await byItself({})).toBe(false);
    expect(await byItself({ NOOTROPIC_MODELS_CHAT: `openai:tiny@${model.url}/v1` })).toBe(true);
    expect(await byItself({ HF_TOKEN: 'hf_other' })).toBe(true);
    expect(await byItself({ NOOTROPIC_HOST_ATTACH: 'false' })).toBe(true);
    expect(await byItself({ NOOTROPIC_LOG_LEVEL: 'debug' })).toBe(false);
    await nootropic('config', 'set', 'answer.maxTokens', '99');
    expect(await byItself({})).toBe(true);
    await nootropic('config', 'unset', 'answer.maxTokens');
    expect(await byItself({})).toBe(false);
    const record = JSON.parse(await readFile(paths.host, 'utf8')) as object;
    await writeFile(paths.host, JSON.stringify({ ...record, version: '0.0.1' }));
    expect(await byItself({})).toBe(true);
    const { code, err } = await nootropic('serve', '--detach');
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('0.0.1') as string });
    expect(await jsonOf('stop')).toEqual({ stopped: true, pid });
  });
});
