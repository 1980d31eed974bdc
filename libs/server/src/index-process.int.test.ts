import { fork, spawn, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NootropicError, type IndexProgress } from '@nootropic/contracts';
import { createLocalSearchIndex } from '@nootropic/search';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compose } from './compose.ts';
import { createIndexProcess } from './index-process.ts';

const count = 400;
const dimensions = 256;
const embedder = 'test';

let base: string;
let root: string;
let env: NodeJS.ProcessEnv;
const bound = { timeout: 60_000 };

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'index-process-')));
  root = join(base, 'tree');
  env = { ...process.env, NOOTROPIC_HOME: join(base, 'home') };
  mkdirSync(root);
  for (let at = 0; at < count; at += 1) writeFileSync(join(root, `f${at}.ts`), source(at));
});
afterEach(() => rmSync(base, { recursive: true, force: true, maxRetries: 5 }));

function source(at: number): string {
  const functions = Array.from(
    { length: 8 },
    (_, n) => `export function walrus${at}x${n}(a: number) {\n  return a * ${at + n};\n}\n`,
  );
  return functions.join('\n');
}

function openProcess(waitsFor: () => string = () => '', now?: () => number, restMs?: number) {
  let child: ChildProcess | undefined;
  const indexer = createIndexProcess({
    entry: new URL('./processes/index-process.ts', import.meta.url),
    ...{ root, dir: join(base, 'index'), embedder, ownModel: 'builtin:embedder', dimensions },
    ...{ vectors: 'exact', maxFileBytes: 1_000_000 },
    model: { embed: () => Promise.reject(new NootropicError('INTERNAL')) },
    waitsFor: () => Promise.resolve(waitsFor()),
    onWarning: () => undefined,
    ...(now && { now }),
    ...(restMs !== undefined && { restMs }),
    start: (entry, argv, execArgv) =>
      (child = fork(entry, argv, { execArgv, serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })),
  });
  const run = (inBackground = false) =>
    indexer.run({ signal: new AbortController().signal, inBackground: () => inBackground });
  return { indexer, run, kill: () => child?.kill('SIGKILL') };
}

async function toEnd(progress: AsyncIterable<IndexProgress>): Promise<IndexProgress | undefined> {
  let last: IndexProgress | undefined;
  for await (last of progress);
  return last;
}

async function expectWhole(): Promise<void> {
  await using index = await createLocalSearchIndex({
    dir: join(base, 'index'),
    embedder,
    dimensions,
    vectors: 'exact',
    writes: false,
  });
  expect((await index.stats()).files).toBe(count);
  expect((await index.withoutVectors()).chunks).toBe(0);
}

describe('the process that indexes', () => {
  it('is started anew when it was killed in the middle of a run, which goes on from there', bound, async () => {
    const { indexer, run, kill } = openProcess();
    await using stack = new AsyncDisposableStack();
    stack.use(indexer);
    expect(indexer.health()).toEqual({ state: 'idle', restarts: 0, detail: 'not started' });
    const seen: IndexProgress[] = [];
    let killedAt = 0;
    for await (const progress of run()) {
      seen.push(progress);
      if (progress.done > 0 && killedAt === 0) {
        killedAt = progress.done;
        expect(indexer.health()).toMatchObject({ state: 'busy', pid: expect.any(Number) as number });
        kill();
      }
    }
    expect(killedAt).toBeGreaterThan(0);
    expect(seen.at(-1)).toMatchObject({ phase: 'done', done: count, total: count });
    // What was written before the kill is not written again.
    expect(seen.at(-1)?.filesEmbedded).toBeLessThan(count);
    expect(indexer.health()).toMatchObject({ state: 'ready', restarts: 1 });
    await expectWhole();
  });

  it('is given up after the third end, and tried again when ten minutes are over', bound, async () => {
    let time = 0;
    const { indexer, run, kill } = openProcess(
      () => '',
      () => time,
    );
    await using stack = new AsyncDisposableStack();
    stack.use(indexer);
    const killed = (async () => {
      for await (const { done } of run()) if (done >= 0) kill();
    })();
    await expect(killed).rejects.toMatchObject({
      code: 'INDEX_UNAVAILABLE',
      message: expect.stringContaining('SIGKILL') as string,
    });
    expect(indexer.health()).toMatchObject({ state: 'degraded', restarts: 3 });
    await expect(toEnd(run())).rejects.toMatchObject({ code: 'INDEX_UNAVAILABLE' });
    time = 600_001;
    expect(await toEnd(run())).toMatchObject({ phase: 'done', done: count });
    await expectWhole();
  });

  it('ends when nothing is to do for a while, and is there again for the next run', bound, async () => {
    const { run, ...opened } = openProcess(undefined, undefined, 1);
    await using indexer = opened.indexer;
    for (const version of [1000, 2000, 3000]) {
      writeFileSync(join(root, 'f0.ts'), source(version));
      expect(await toEnd(run())).toMatchObject({ phase: 'done' });
      await expect
        .poll(() => indexer.health(), { timeout: 10_000 })
        .toEqual({ state: 'idle', restarts: 0, detail: 'not started' });
      // The next one begins while the last one is still on its way out.
      await toEnd(run());
      expect(await toEnd(run())).toMatchObject({ phase: 'done', filesEmbedded: 0 });
    }
    await expectWhole();
  });

  it('waits while it is told to, and goes on when it may', bound, async () => {
    let reason = 'a turn that is running';
    const { indexer, run } = openProcess(() => reason);
    await using stack = new AsyncDisposableStack();
    stack.use(indexer);
    let last: IndexProgress | undefined;
    const following = (async () => {
      for await (last of run(true));
    })();
    await expect.poll(() => last?.phase, { timeout: 20_000 }).toBe('index');
    await sleep(700);
    expect(last).toMatchObject({ phase: 'index', done: 0 });
    reason = '';
    await following;
    expect(last).toMatchObject({ phase: 'done', done: count });
    await expectWhole();
  });
});

describe('an index that several use', () => {
  it('is whole after two programs rebuilt it at once', bound, async () => {
    const code = `
      const { compose } = await import(${JSON.stringify(new URL('./compose.ts', import.meta.url).href)});
      const open = await compose();
      let last;
      for await (last of await open.assistant.index.refresh({ workspace: ${JSON.stringify(root)}, rebuild: true }));
      await open[Symbol.asyncDispose]();
      process.exitCode = last.phase === 'done' ? 0 : 1;`;
    const ended = [1, 2].map(async () => {
      const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
      return new Promise((resolve) => child.once('close', (exit) => resolve({ exit, said })));
    });
    for (const end of await Promise.all(ended)) expect(end).toMatchObject({ exit: 0 });
    await using open = await compose({ env });
    const status = await open.assistant.index.status({ workspace: root });
    expect(status).toMatchObject({ files: count, chunksWithoutVector: 0 });
    const last = await toEnd(await open.assistant.index.refresh({ workspace: root }));
    expect(last).toMatchObject({ phase: 'done', total: count, filesEmbedded: 0 });
  });

  it('is mended when a host that only reads it meets damage, without anything else happening', bound, async () => {
    {
      await using open = await compose({ env });
      await toEnd(await open.assistant.index.refresh({ workspace: root }));
    }
    await using host = await compose({ env, stays: true });
    await toEnd(await host.assistant.index.refresh({ workspace: root }));
    spoil(join(base, 'home'));
    const search = async (): Promise<string[]> => {
      const { hits } = await host.assistant.search({ workspace: root, query: 'walrus17x3', limit: 3 });
      return hits.map(({ path }) => path);
    };
    expect(await search()).toContain('f17.ts');
    const status = await host.assistant.index.status({ workspace: root });
    expect(status).toMatchObject({ files: count, chunksWithoutVector: 0 });
  });
});

/** Overwrites every page but the first few of the index below a folder. */
function spoil(home: string): void {
  const path = readdirSync(home, { recursive: true, withFileTypes: true })
    .filter(({ name }) => /^index-v\d+\.sqlite$/u.test(name))
    .map(({ parentPath, name }) => join(parentPath, name))[0];
  if (path === undefined) throw new Error('There is no index.');
  const { size } = statSync(path);
  const file = openSync(path, 'r+');
  const noise = Uint8Array.from({ length: 4096 }, (_, at) => (at * 73) % 256);
  for (let at = 4096 * 40; at + 4096 <= size; at += 4096) writeSync(file, noise, 0, noise.length, at);
  closeSync(file);
}
