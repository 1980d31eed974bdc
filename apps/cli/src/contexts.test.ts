import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from './fake-host.test-fixture.ts';
import { fakeEntry, fakeSource } from './fake-contexts.test-fixture.ts';

let root: string;
let contextRequests: unknown[];
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'nootropic-cli-')));
  contextRequests = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const runHere = (args: readonly string[], more: Parameters<typeof run>[1] = {}) =>
  run(args, { cwd: root, host: { contextRequests }, ...more });

describe('nootropic context', () => {
  it('puts a file in, and prints its id', async () => {
    const { code, out } = await runHere(['context', 'put', 'build.log', '--name', 'build']);
    expect(code).toBe(0);
    expect(out).toContain(`${fakeEntry.id}  build.log (2.0 MB, 30,000 lines, about 571,429 tokens`);
    expect(contextRequests).toEqual([{ path: join(root, 'build.log'), name: 'build' }]);
  });

  it('hands over what comes through a pipe as a file, and leaves none behind', async () => {
    let read = '';
    const watched = new Proxy(contextRequests, {
      set(target, key, value: { path?: string }) {
        if (typeof value === 'object') read = readFileSync(value.path ?? '', 'utf8');
        return Reflect.set(target, key, value);
      },
    });
    const { code } = await run(['context', 'put', '-', '--title', 'boot'], {
      cwd: root,
      host: { contextRequests: watched },
      stdin: { kind: 'pipe', text: 'from a pipe\n' },
    });
    expect(code).toBe(0);
    expect(read).toBe('from a pipe\n');
    expect(contextRequests).toMatchObject([{ title: 'boot', from: 'standard input' }]);
    const { path } = contextRequests[0] as { path: string };
    expect(() => readFileSync(path)).toThrow('ENOENT');
    expect((await runHere(['context', 'put', '-'], { stdin: { kind: 'terminal' } })).code).toBe(2);
  });

  it('lists, shows, searches, merges and removes', async () => {
    expect((await runHere(['context', 'list'])).out).toContain(`${fakeEntry.id}  build.log`);
    expect((await runHere(['context', 'show', 'ctx_0', '--from', '2', '-n', '5'])).out).toBe('one\ntwo\nthree');
    expect((await runHere(['context', 'search', 'out of', 'memory', '--in', 'a', '--in', 'b'])).out).toContain(
      `${fakeEntry.id}:40-42  build.log`,
    );
    expect((await runHere(['context', 'merge', 'ctx_a', 'ctx_b', '--title', 'both'])).out).toContain('both');
    expect((await runHere(['context', 'rm', 'ctx_0'])).out).toContain(`Removed ${fakeEntry.id}`);
    expect(contextRequests).toEqual([
      { id: 'ctx_0', line: 2, lines: 5 },
      { query: 'out of memory', limit: 10, ids: ['a', 'b'] },
      { ids: ['ctx_a', 'ctx_b'], title: 'both' },
      { id: 'ctx_0' },
    ]);
    expect((await runHere(['context', 'rm', 'nope'])).code).toBe(5);
    expect((await runHere(['context', 'show', 'x', '--from', '0'])).code).toBe(2);
  });

  it('prints JSON lines for scripts', async () => {
    expect((await runHere(['context', 'list', '--json'])).lines()).toEqual([{ entries: [fakeEntry] }]);
    expect((await runHere(['context', 'put', 'a', '--json'])).lines()).toEqual([
      { type: 'progress', done: 1, total: 2 },
      { type: 'stored', entry: fakeEntry },
    ]);
    expect((await runHere(['context', 'show', 'a', '--json'])).lines()).toHaveLength(2);
    expect((await runHere(['context', 'search', 'a', '--json'])).lines()).toMatchObject([{ startLine: 40 }]);
  });
});

describe('nootropic sources', () => {
  it('adds each kind with what it needs', async () => {
    writeFileSync(join(root, 'a.html'), '');
    const add = async (...args: string[]) => (await runHere(['sources', 'add', ...args])).code;
    expect(await add('docs', './docs', '--name', 'guide')).toBe(0);
    expect(await add('page', 'https://example.org/a')).toBe(0);
    expect(await add('page', 'a.html')).toBe(0);
    expect(await add('history')).toBe(0);
    expect(await add('notes', 'two', 'words')).toBe(0);
    expect(contextRequests).toEqual([
      { workspace: root, kind: 'folder', place: join(root, 'docs'), name: 'guide' },
      { workspace: root, kind: 'page', place: 'https://example.org/a' },
      { workspace: root, kind: 'page', place: join(root, 'a.html') },
      { workspace: root, kind: 'history' },
      { workspace: root, kind: 'notes', text: 'two words' },
    ]);
    for (const wrong of [['docs'], ['docs', 'a', 'b'], ['history', 'x'], ['notes'], ['films', 'x']])
      expect(await add(...wrong)).toBe(2);
  });

  it('says what was read, what was skipped, and what is not up to date', async () => {
    const { out, err } = await runHere(['sources', 'refresh', 'guide']);
    expect(out).toBe('guide: 3 texts, 4.2 kB, about 1,200 tokens (1 new, 2 changed)\n');
    expect(err).toContain('Skipped x.bin: binary');
    expect(err).toContain('Not up to date: 2 files changed');
    expect(contextRequests).toEqual([{ workspace: root, names: ['guide'] }]);
    expect((await runHere(['sources', 'refresh', '--json'])).lines()).toHaveLength(2);
  });

  it('are searched by name, with nothing that is for files', async () => {
    const { code, out } = await runHere(['search', 'retry', 'twice', '--source', 'guide']);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('guide:b.md:3-9') as string });
    expect(contextRequests).toEqual([{ workspace: root, query: 'retry twice', sources: ['guide'], limit: 10 }]);
    expect((await runHere(['search', 'x', '--source', 'guide', '--lang', 'ts'])).code).toBe(2);
  });

  it('lists and removes', async () => {
    const { out, err } = await runHere(['sources', 'list']);
    expect(out).toMatch(/guide +folder +3 +4\.2 kB +never +stale: 2 files changed +\/w\/docs/u);
    expect(err).toContain('sources refresh');
    expect((await runHere(['sources', 'list', '--json'])).lines()).toEqual([{ sources: [fakeSource] }]);
    expect((await runHere(['sources', 'remove', 'guide'])).out).toBe('Removed guide (3 texts).\n');
  });
});

describe('nootropic gather', () => {
  it('shows what a model would be given, and what not', async () => {
    const { out, err } = await runHere(['gather', 'where', 'is a', '--tokens', '800'], { terminal: true });
    expect(out).toContain('src/a.ts:1-2');
    expect(out).toContain('(target)');
    expect(out).not.toContain('\u001b[31mred');
    expect(err).toContain('1 passage, 12 of 800 tokens (estimated).');
    expect(err).toContain('guide:b.md:3-9  about 80 tokens, no room');
    expect(contextRequests).toEqual([{ workspace: root, query: 'where is a', tokens: 800 }]);
  });

  it('prints one JSON value, and refuses no question or no room', async () => {
    expect((await runHere(['gather', 'x', '--json'])).lines()).toMatchObject([{ tokens: 12, counted: 'estimate' }]);
    expect((await runHere(['gather'])).code).toBe(2);
    expect((await runHere(['gather', 'x', '--tokens', '10'])).code).toBe(2);
  });
});
