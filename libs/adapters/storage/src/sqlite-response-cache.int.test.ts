import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@nootropic/sqlite';
import { describeResponseCacheContract } from '@nootropic/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { createSqliteResponseCache } from './index.ts';

const root = mkdtempSync(join(tmpdir(), 'nootropic-answers-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let counter = 0;
const freshPath = () => join(root, `${(counter += 1)}`, 'answers.db');

for (const memoryBytes of [0, 500, 1_000_000])
  describeResponseCacheContract(`createSqliteResponseCache with ${memoryBytes} bytes in memory`, (maxBytes) =>
    createSqliteResponseCache({ path: freshPath(), maxBytes, memoryBytes }),
  );

describe('createSqliteResponseCache', () => {
  it('keeps answers and the order of their use over a reopening', async () => {
    const path = freshPath();
    const cache = createSqliteResponseCache({ path, maxBytes: 800 });
    for (const key of ['a', 'b', 'c', 'd']) await cache.write(key, key.repeat(49));
    await cache.read('a');
    await cache[Symbol.asyncDispose]();
    const again = createSqliteResponseCache({ path, maxBytes: 800 });
    for (const key of ['e', 'f', 'g', 'h', 'i']) await again.write(key, key.repeat(49));
    expect(await again.read('a')).toBe('a'.repeat(49));
    expect(await again.read('b')).toBeUndefined();
    await again[Symbol.asyncDispose]();
  });

  it('never has more in its file than it may', async () => {
    const path = freshPath();
    const cache = createSqliteResponseCache({ path, maxBytes: 10_000, memoryBytes: 1_000_000 });
    for (let of = 0; of < 200; of += 1) await cache.write(`key ${of}`, 'x'.repeat((of * 37) % 700));
    await cache[Symbol.asyncDispose]();
    const db = openDatabase({ path, migrations: [''], durability: 'normal', readonly: true });
    const sum = db.prepare('SELECT sum(2 * (length(key) + length(value))) FROM answers').pluck().get() as number;
    db.close();
    expect(sum).toBeGreaterThan(5_000);
    expect(sum).toBeLessThanOrEqual(10_000);
  });

  it('gives two programs one another’s answers', async () => {
    const path = freshPath();
    const [one, two] = [
      createSqliteResponseCache({ path, maxBytes: 10_000 }),
      createSqliteResponseCache({ path, maxBytes: 10_000 }),
    ];
    await one.write('a', 'one');
    expect(await two.read('a')).toBe('one');
    for (let of = 0; of < 200; of += 1) expect(await two.read('a')).toBe('one');
    await one[Symbol.asyncDispose]();
    await two[Symbol.asyncDispose]();
  });

  it.runIf(process.platform !== 'win32')('lets no one else read, and makes nothing before it is used', async () => {
    const path = freshPath();
    const cache = createSqliteResponseCache({ path, maxBytes: 10_000 });
    await cache[Symbol.asyncDispose]();
    expect(() => statSync(path)).toThrow(/ENOENT/);
    await cache.write('a', 'one');
    expect(statSync(path).mode & 0o077).toBe(0);
    await cache[Symbol.asyncDispose]();
  });
});
