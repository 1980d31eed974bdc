import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { NootropicError } from '@nootropic/contracts';
import { describeParserContract } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { createParserPool, type ParserPoolOptions } from './parser-pool.ts';

const entry = new URL('./parser-pool-child.ts', import.meta.url);

describeParserContract('parser pool', () => createParserPool({ entry, workers: 1 }));

/** A pool that keeps the children it started, to be looked at and killed from outside. */
function watchedPool(options: Partial<ParserPoolOptions> = {}) {
  const children: ChildProcess[] = [];
  const ready: Promise<unknown>[] = [];
  const pool = createParserPool({
    entry,
    workers: 1,
    ...options,
    start: (url, { execArgv, argv }) => {
      const child = fork(url, argv, {
        execArgv,
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      });
      children.push(child);
      ready.push(once(child, 'message'));
      return child;
    },
  });
  return { pool, children, ready };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (error: unknown) => NootropicError.from(error).code,
  );
}

async function codeAndMessage(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'resolved',
    (error: unknown) => `${NootropicError.from(error).code}: ${NootropicError.from(error).message}`,
  );
}

describe('createParserPool', () => {
  it('parses in processes of their own, as many as there is work for', async () => {
    await using pool = createParserPool({ entry, workers: 2 });
    expect(pool.workers).toBe(2);
    const all = await Promise.all(
      Array.from({ length: 12 }, (_, index) => pool.parse(`a${index}.ts`, `export function f${index}() { g(); }`)),
    );
    expect(all.map(({ symbols }) => symbols[0]?.name)).toEqual(Array.from({ length: 12 }, (_, index) => `f${index}`));
    const pids = await Promise.all(Array.from({ length: 4 }, (_, index) => pool.parse(`pid${index}`, '')));
    const used = new Set(pids.map(({ borders }) => borders[0]));
    expect(used.size).toBeLessThanOrEqual(2);
    expect(used.has(process.pid)).toBe(false);
  });

  it('gives up a text that hangs, and parses those behind it in a new worker', async () => {
    const watched = watchedPool({ fileMs: 500 });
    await using pool = watched.pool;
    const { children } = watched;
    const hung = pool.parse('hang.ts', '');
    const behind = pool.parse('pid', '');
    await expect(hung).rejects.toThrow(/hang\.ts was given up after 0\.5 s/u);
    expect(await codeOf(hung)).toBe('INPUT_INVALID');
    expect((await behind).borders).toEqual([children[1]?.pid]);
    expect(children).toHaveLength(2);
    expect(children[0]?.signalCode).toBe('SIGKILL');
  });

  it('reads a text again whose worker was killed while it read, and loses none behind it', async () => {
    const watched = watchedPool();
    await using pool = watched.pool;
    const { children, ready } = watched;
    const waiting = codeAndMessage(pool.parse('wait.ts', 'class W {}'));
    const behind = pool.parse('b.ts', 'class B {}');
    for (const life of [0, 1]) {
      await expect.poll(() => ready[life]).toBeDefined();
      await ready[life];
      children[life]?.kill('SIGKILL');
    }
    expect(await waiting).toBe('INPUT_INVALID: wait.ts ended the process that parsed it twice (SIGKILL).');
    expect((await behind).symbols).toMatchObject([{ name: 'B' }]);
    expect(children).toHaveLength(3);
  });

  it.each(['die.ts', 'exit.ts'])('gives up %s, which ends its worker, after the second time', async (path) => {
    const watched = watchedPool();
    await using pool = watched.pool;
    const { children } = watched;
    const [crashed, fine] = [pool.parse(path, ''), pool.parse('b.ts', 'class B {}')];
    expect(await codeOf(crashed)).toBe('INPUT_INVALID');
    expect((await fine).symbols).toMatchObject([{ name: 'B' }]);
    expect(children).toHaveLength(3);
  });

  it('replaces a worker that took more memory than it may', async () => {
    const watched = watchedPool({ memoryBytes: 300 * 1024 * 1024 });
    await using pool = watched.pool;
    const { children } = watched;
    expect(await codeOf(pool.parse('grow.txt', 'text'))).toBe('resolved');
    expect((await pool.parse('b.ts', 'class B {}')).symbols).toMatchObject([{ name: 'B' }]);
    expect(children).toHaveLength(2);
  });

  it('replaces a worker whose parser is damaged', async () => {
    const watched = watchedPool();
    await using pool = watched.pool;
    const broken = codeAndMessage(pool.parse('break.yaml', ''));
    const behind = pool.parse('pid', '');
    expect(await broken).toBe('INPUT_INVALID: break.yaml breaks the grammar.');
    expect((await behind).borders).toEqual([watched.children[1]?.pid]);
  });

  it('gives up a text for which there is not enough memory', async () => {
    await using pool = createParserPool({ entry, workers: 1, memoryBytes: 1024 * 1024 });
    expect(await codeAndMessage(pool.parse('a.ts', 'let a = [1, 2, 3];\n'.repeat(5_000)))).toBe(
      'INPUT_INVALID: a.ts needs more memory to be parsed than there is.',
    );
  });

  it('rejects a cancelled text at once, whether it waits or is read, and goes on', async () => {
    const watched = watchedPool({ fileMs: 60_000 });
    await using pool = watched.pool;
    const controller = new AbortController();
    const held = pool.parse('wait1.ts', '', controller.signal);
    const next = pool.parse('wait2.ts', '', controller.signal);
    const queued = pool.parse('wait3.ts', '', controller.signal);
    controller.abort();
    expect(await Promise.all([held, next, queued].map(codeOf))).toEqual(['ABORTED', 'ABORTED', 'ABORTED']);
  });

  it('says so when no worker can be started, and tries again for the next text', async () => {
    let broken = true;
    await using pool = createParserPool({
      entry,
      workers: 1,
      start: (url, { argv }) =>
        fork(url, [...argv, ...(broken ? ['--broken'] : [])], {
          execArgv: [],
          serialization: 'advanced',
          stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        }),
    });
    await expect(pool.parse('a.ts', '')).rejects.toMatchObject({ code: 'INTERNAL' });
    broken = false;
    expect((await pool.parse('a.ts', 'class A {}')).symbols).toMatchObject([{ name: 'A' }]);
  });

  it('ends a worker that has had no work for a while', async () => {
    const watched = watchedPool({ idleMs: 20 });
    await using pool = watched.pool;
    const { children } = watched;
    await pool.parse('a.ts', '');
    if (children[0]?.exitCode === null && children[0].signalCode === null) await once(children[0], 'exit');
    expect((await pool.parse('a.ts', 'class A {}')).symbols).toMatchObject([{ name: 'A' }]);
    expect(children).toHaveLength(2);
  });

  it('ends its workers when it is closed, and takes no more', async () => {
    const { pool, children } = watchedPool();
    await pool.parse('a.ts', '');
    const open = pool.parse('wait.ts', '');
    const code = codeOf(open);
    await pool[Symbol.asyncDispose]();
    expect(await code).toBe('ABORTED');
    expect(children.every((child) => child.exitCode !== null || child.signalCode !== null)).toBe(true);
    expect(await codeOf(pool.parse('a.ts', ''))).toBe('INTERNAL');
  });
});
