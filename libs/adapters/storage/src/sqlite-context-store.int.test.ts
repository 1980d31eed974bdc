import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NootropicError, type ContextStore } from '@nootropic/contracts';
import { checkIntegrity, openDatabase } from '@nootropic/sqlite';
import { createSeededRandom, describeContextStoreContract } from '@nootropic/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openContextDatabase, usedBytes } from './context-schema.ts';
import { contextStoreOn, createSqliteContextStore } from './sqlite-context-store.ts';
import { plainWords } from './context-words.fixture.ts';

let root: string;
let count = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'nootropic-context-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
const freshPath = (): string => join(root, `${(count += 1)}`, 'context.db');

describeContextStoreContract('createSqliteContextStore', () =>
  createSqliteContextStore({ path: freshPath(), words: plainWords }),
);

const what = { title: 'a log', kind: 'log', from: 'test' } as const;
const childEntry = fileURLToPath(new URL('./context-store-child.ts', import.meta.url));

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'nothing thrown',
    (error: unknown) => (NootropicError.is(error) ? error.code : String(error)),
  );
}

async function textOf(store: ContextStore, id: string): Promise<string> {
  let text = '';
  for await (const piece of store.read(id)) text += piece.text;
  return text;
}

/** Text that compresses about as well as a log does. */
function noise(seed: number, lines: number): string {
  const random = createSeededRandom(seed);
  return Array.from({ length: lines }, () => `at ${Math.floor(random() * 1e9).toString(36)} of ${random()}\n`).join('');
}

describe('createSqliteContextStore', () => {
  it('is the same after it was closed and opened again', async () => {
    const path = freshPath();
    const first = createSqliteContextStore({ path, words: plainWords });
    const entry = await first.put({ ...what, name: 'kept' }, [noise(1, 5000)]);
    await first[Symbol.asyncDispose]();
    const second = createSqliteContextStore({ path, words: plainWords });
    expect(await second.list()).toEqual([entry]);
    expect(await textOf(second, entry.id)).toBe(noise(1, 5000));
    await second[Symbol.asyncDispose]();
    expect(readdirSync(join(path, '..'))).toEqual(['context.db']);
  });

  it('lets the unnamed entries that were not used for longest go, and stays below its limit', async () => {
    const path = freshPath();
    const maxBytes = 3_000_000;
    const store = createSqliteContextStore({ path, words: plainWords, maxBytes });
    const named = await store.put({ ...what, name: 'named' }, [noise(0, 3000)]);
    const first = await store.put(what, [noise(1, 3000)]);
    const second = await store.put(what, [noise(2, 3000)]);
    let newest = second;
    for (let seed = 3; seed < 40; seed += 1) {
      await textOf(store, first.id);
      newest = await store.put(what, [noise(seed, 3000)]);
    }
    const ids = (await store.list()).map(({ id }) => id);
    expect(ids).toContain(named.id);
    expect(ids).toContain(first.id);
    expect(ids).toContain(newest.id);
    expect(ids).not.toContain(second.id);
    expect(await textOf(store, first.id)).toBe(noise(1, 3000));
    expect((await store.search('at')).length).toBeGreaterThan(0);
    await store[Symbol.asyncDispose]();
    const db = openContextDatabase(path);
    expect(checkIntegrity(db)).toEqual([]);
    expect(usedBytes(db)).toBeLessThanOrEqual(maxBytes);
    db.close();
    expect(statSync(path).size).toBeLessThan(2 * maxBytes);
  });

  it('refuses what would not fit even alone, and keeps nothing of it', async () => {
    const path = freshPath();
    const store = createSqliteContextStore({ path, words: plainWords, maxBytes: 2_000_000 });
    const named = await store.put({ ...what, name: 'named' }, [noise(0, 1000)]);
    expect(await codeOf(store.put(what, [noise(1, 200_000)]))).toBe('DISK_FULL');
    expect(await store.list()).toEqual([named]);
    const after = await store.put(what, [noise(2, 1000)]);
    expect(await textOf(store, after.id)).toBe(noise(2, 1000));
    await store[Symbol.asyncDispose]();
  });

  it('on a full disk says DISK_FULL, keeps nothing half-written, and works again when there is room', async () => {
    const path = freshPath();
    const db = openContextDatabase(path);
    const store = contextStoreOn(() => db, { path, words: plainWords });
    const kept = await store.put({ ...what, name: 'n' }, [noise(0, 1000)]);
    db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 300}`);
    expect(await codeOf(store.put({ ...what, name: 'n' }, [noise(1, 200_000)]))).toBe('DISK_FULL');
    expect(await store.list()).toEqual([kept]);
    expect(await textOf(store, kept.id)).toBe(noise(0, 1000));
    expect(checkIntegrity(db)).toEqual([]);
    db.pragma('max_page_count = 1000000');
    const next = await store.put({ ...what, name: 'n' }, [noise(1, 200_000)]);
    expect(await store.list()).toEqual([next]);
    expect(db.prepare('SELECT count(*) FROM texts').pluck().get()).toBe(1);
    await store[Symbol.asyncDispose]();
  });

  it('gives the room of what is removed back, and leaves no word of it in the file', async () => {
    const path = freshPath();
    const store = createSqliteContextStore({ path, words: plainWords });
    const { id } = await store.put(what, [`the-private-words ${noise(0, 50_000)}`]);
    const full = statSync(path).size;
    await store.remove([id]);
    await store[Symbol.asyncDispose]();
    expect(statSync(path).size).toBeLessThan(full / 2);
  });

  it('says STORE_CORRUPT for a damaged block, and goes on with the others', async () => {
    const path = freshPath();
    const store = createSqliteContextStore({ path, words: plainWords });
    const bad = await store.put(what, ['bad text']);
    const good = await store.put(what, ['good text']);
    const db = openDatabase({ path, migrations: [''], durability: 'normal' });
    db.prepare("UPDATE blocks SET data = x'ffff00' WHERE text = (SELECT min(text) FROM blocks)").run();
    db.close();
    expect(await codeOf(textOf(store, bad.id))).toBe('STORE_CORRUPT');
    expect(await textOf(store, good.id)).toBe('good text');
    await store[Symbol.asyncDispose]();
  });

  it('leaves nothing of a text whose writer is killed, and clears it away; another writer is left alone', async () => {
    const path = freshPath();
    const store = createSqliteContextStore({ path, words: plainWords });
    const kept = await store.put(what, ['kept walrus']);
    const gate = Promise.withResolvers<void>();
    async function* slow(): AsyncGenerator<string> {
      yield noise(9, 100_000);
      await gate.promise;
      yield 'the end\n';
    }
    const writing = store.put({ ...what, name: 'slow' }, slow());
    for (const mebibytes of [2, 5]) {
      const child = spawn(process.execPath, [childEntry, path, 'endless'], { stdio: ['ignore', 'pipe', 'inherit'] });
      for await (const line of child.stdout)
        if (Number(String(line).trim().split('\n').at(-1)) > mebibytes * 2 ** 20) break;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    const other = createSqliteContextStore({ path, words: plainWords });
    expect(await other.list()).toEqual([kept]);
    expect(await other.search('endless')).toEqual([]);
    const db = openContextDatabase(path);
    expect(db.prepare('SELECT count(*) FROM texts').pluck().get()).toBe(2);
    gate.resolve();
    const slowEntry = await writing;
    expect(await textOf(other, slowEntry.id)).toBe(`${noise(9, 100_000)}the end\n`);
    expect(checkIntegrity(db)).toEqual([]);
    expect(readdirSync(join(path, '..')).filter((name) => /writer-[0-9a-f]+$/u.test(name))).toHaveLength(1);
    db.close();
    await other[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  }, 60_000);

  it('streams 200 MB in, through and out again in a process with a heap of 64 MB', async () => {
    const path = freshPath();
    // With a large space for new objects V8 takes the old one for full all the time, and collects sixty times a second.
    const heap = ['--max-old-space-size=64', '--max-semi-space-size=4'];
    const child = spawn(process.execPath, [...heap, childEntry, path, 'large'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (err += data.toString()));
    const [code] = (await once(child, 'exit')) as [number | null];
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const report = JSON.parse(out.trim().split('\n').at(-1) ?? '') as Record<string, number>;
    expect(report['bytes']).toBeGreaterThanOrEqual(200e6);
    expect(report['read']).toBe(report['characters']);
    expect(report['needle']).toBe(report['wanted']);
    expect(report['page']).toBe(1000);
    expect(report['resident']).toBeLessThan(320e6);
  }, 300_000);
});
