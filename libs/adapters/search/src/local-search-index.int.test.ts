import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as arrow from 'apache-arrow';
import * as lancedb from '@lancedb/lancedb';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { SearchIndex } from '@nootropic/contracts';
import { checkIntegrity, openDatabase, tryFileLock } from '@nootropic/sqlite';
import { createSeededRandom, describeSearchIndexContract, sketchFile } from '@nootropic/testing';
import { indexMigrations } from './index-schema.ts';
import { createLocalSearchIndex, type LocalSearchIndexOptions } from './index.ts';

const root = mkdtempSync(join(tmpdir(), 'nootropic-search-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const freshDir = () => mkdtempSync(join(root, 'index-'));

for (const vectors of ['exact', 'lancedb'] as const) {
  describeSearchIndexContract(`createLocalSearchIndex (${vectors})`, ({ dimensions }) =>
    createLocalSearchIndex({ dir: freshDir(), dimensions, embedder: 'test', vectors }),
  );
}

describeSearchIndexContract('createLocalSearchIndex (lancedb, every vector moved at once)', ({ dimensions }) =>
  createLocalSearchIndex({
    dir: freshDir(),
    dimensions,
    embedder: 'test',
    vectors: 'lancedb',
    batchLength: 1,
    mostFragments: 1,
  }),
);

const open = (dir: string, options: Partial<LocalSearchIndexOptions> = {}) =>
  createLocalSearchIndex({ dir, dimensions: 3, embedder: 'test', vectors: 'exact', ...options });
const openLance = (dir: string, options: Partial<LocalSearchIndexOptions> = {}) =>
  open(dir, { vectors: 'lancedb', batchLength: 2, ...options });
const close = (...indexes: SearchIndex[]) => Promise.all(indexes.map((index) => index[Symbol.asyncDispose]()));
const put = (index: SearchIndex, path: string, [text, vector]: readonly [string, (readonly number[])?]) =>
  index.apply({
    upsert: [sketchFile({ path, chunks: [{ text }] })],
    remove: [],
    vectors: new Map(vector === undefined ? [] : [[text, Float32Array.from(vector)]]),
  });
const near = async (index: SearchIndex, ...vector: number[]) =>
  (await index.query({ vector: Float32Array.from(vector) }, 10)).map((hit) => hit.chunk.text);
const vectorStoreOf = (index: SearchIndex) => index.stats().then(({ vectorStore }) => vectorStore);

describe('createLocalSearchIndex', () => {
  it.each(['exact', 'lancedb'] as const)('keeps everything over a reopening (%s)', async (vectors) => {
    const dir = freshDir();
    const first = await openLance(dir, { vectors });
    await put(first, 'a.ts', ['east', [1, 0, 0]]);
    await put(first, 'b.ts', ['north', [0, 1, 0]]);
    await put(first, 'c.ts', ['up', [0, 0, 1]]);
    const stats = await first.stats();
    expect(stats).toMatchObject({ files: 3, vectors: 3, vectorStore: vectors });
    await close(first);
    const again = await openLance(dir, { vectors });
    expect(await again.stats()).toMatchObject({ files: 3, chunks: 3, vectors: 3, vectorStore: vectors });
    expect(await near(again, 0, 0.9, 0.1)).toEqual(['north', 'up', 'east']);
    expect((await again.query({ text: 'north' }, 1))[0]?.path).toBe('b.ts');
    await close(again);
  });

  it.runIf(process.platform !== 'win32')('lets no one else read', async () => {
    const dir = join(freshDir(), 'inside');
    const index = await openLance(dir);
    await put(index, 'a.ts', ['east', [1, 0, 0]]);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      expect(statSync(join(dir, entry.name)).mode & 0o077).toBe(0);
    }
    await close(index);
  });

  it('takes any text as a query', async () => {
    const index = await open(freshDir());
    await put(index, 'a.ts', ['some words']);
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 100 }),
        fc.constantFrom('', ' words', '"', ' AND ', '*', ')'),
        async (text, tail) => {
          const hits = await index.query({ text: text + tail }, 3);
          if (tail === ' words') expect(hits).toHaveLength(1);
        },
      ),
      { numRuns: 300, seed: 1 },
    );
    await close(index);
  });

  it('lets a second program read and not write, until the first has ended', async () => {
    const dir = freshDir();
    const writer = await open(dir);
    const reader = await open(dir);
    await put(writer, 'a.ts', ['walrus', [1, 0, 0]]);
    expect((await reader.query({ text: 'walrus' }, 1)).length).toBe(1);
    expect(await near(reader, 1, 0, 0)).toEqual(['walrus']);
    await expect(put(reader, 'b.ts', ['penguin'])).rejects.toMatchObject({
      code: 'STORE_BUSY',
      message: expect.stringContaining(dir) as string,
    });
    expect(await reader.files()).toHaveLength(1);
    await close(writer);
    await put(reader, 'b.ts', ['penguin']);
    expect(await reader.files()).toHaveLength(2);
    await close(reader);
  });

  it.each(['exact', 'lancedb'] as const)(
    'shows a reader what the writer adds, moves and drops (%s)',
    async (vectors) => {
      const dir = freshDir();
      const writer = await openLance(dir, { vectors });
      const reader = await openLance(dir, { vectors });
      await put(writer, 'a.ts', ['east', [1, 0, 0]]);
      expect(await near(reader, 1, 0, 0)).toEqual(['east']);
      await put(writer, 'b.ts', ['north', [0, 1, 0]]);
      await put(writer, 'c.ts', ['up', [0, 0, 1]]);
      expect(await near(reader, 0, 1, 0.1)).toEqual(['north', 'up', 'east']);
      await writer.apply({ upsert: [], remove: ['b.ts'], vectors: new Map() });
      await writer.stats({ optimize: true });
      expect(await near(reader, 0, 1, 0.1)).toEqual(['up', 'east']);
      expect(await reader.missingVectors(['north', 'up'])).toEqual(['north']);
      await close(writer, reader);
    },
  );

  it('keeps the vectors of each embedder apart, and those of both', async () => {
    const dir = freshDir();
    const one = await open(dir, { embedder: 'one' });
    await put(one, 'a.ts', ['east', [1, 0, 0]]);
    await close(one);
    const two = await open(dir, { embedder: 'two', dimensions: 2 });
    expect(await two.missingVectors(['east'])).toEqual(['east']);
    expect(await two.query({ vector: Float32Array.of(1, 0) }, 5)).toEqual([]);
    expect((await two.query({ text: 'east' }, 5)).length).toBe(1);
    await put(two, 'a.ts', ['east', [0, 1]]);
    await two.stats({ optimize: true });
    await close(two);
    const back = await open(dir, { embedder: 'one' });
    expect(await near(back, 1, 0, 0)).toEqual(['east']);
    await close(back);
  });

  it('begins a damaged index anew and says so, and leaves one of another version alone', async () => {
    const dir = freshDir();
    writeFileSync(join(dir, 'index-v2.sqlite'), 'no database at all '.repeat(500));
    writeFileSync(join(dir, 'index-v99.sqlite'), 'of a later version');
    const warnings: string[] = [];
    const index = await open(dir, { onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual([expect.stringMatching(/damaged.*index-v2\.sqlite/)]);
    await put(index, 'a.ts', ['walrus']);
    expect(await index.files()).toHaveLength(1);
    await close(index);
    expect(statSync(join(dir, 'index-v99.sqlite')).size).toBe(18);
  });

  it('does not throw away a damaged file that another program may be using', async () => {
    const dir = freshDir();
    const path = join(dir, 'index-v2.sqlite');
    const lock = tryFileLock(join(dir, 'index-v2.lock'));
    writeFileSync(path, 'no database at all '.repeat(500));
    await expect(open(dir)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    expect(readFileSync(path, 'utf8')).toMatch(/^no database/);
    lock?.release();
    await close(await open(dir));
  });

  it('says INDEX_UNAVAILABLE once it is closed', async () => {
    const index = await open(freshDir());
    await close(index);
    await expect(index.files()).rejects.toMatchObject({ code: 'INDEX_UNAVAILABLE' });
  });
});

describe('the choice of a vector store', () => {
  const failing = () => Promise.reject(new Error('Cannot find module lancedb.linux-x64.node\nmore lines'));
  const real = async () => ({ lancedb, arrow });

  it('falls back to exact where LanceDB is missing, says so, and computes again what lay there', async () => {
    const dir = freshDir();
    const before = await openLance(dir);
    await put(before, 'a.ts', ['east', [1, 0, 0]]);
    await put(before, 'b.ts', ['north', [0, 1, 0]]);
    await close(before);
    const warnings: string[] = [];
    const index = await openLance(dir, { importLance: failing, onWarning: (message) => warnings.push(message) });
    expect(warnings).toEqual([expect.stringMatching(/^LanceDB cannot be used.*lancedb\.linux-x64\.node$/)]);
    expect(await vectorStoreOf(index)).toBe('exact');
    expect(await index.missingVectors(['east', 'north'])).toEqual(['east', 'north']);
    expect(await near(index, 1, 0, 0)).toEqual([]);
    await put(index, 'a.ts', ['east', [1, 0, 0]]);
    expect(await near(index, 1, 0, 0)).toEqual(['east']);
    await close(index);
    const back = await openLance(dir);
    expect(await near(back, 1, 0.1, 0)).toEqual(['east', 'north']);
    await close(back);
  });

  it('auto is exact for few chunks without loading LanceDB, and LanceDB for many', async () => {
    const dir = freshDir();
    const options = { vectors: 'auto' as const, exactChunks: 2, batchLength: 2 };
    const small = await open(dir, { ...options, importLance: failing });
    for (const [at, name] of ['east', 'north', 'up'].entries()) {
      await put(small, `${name}.ts`, [name, [0, 1, 2].map((axis) => Number(axis === at))]);
    }
    expect(await vectorStoreOf(small)).toBe('exact');
    await close(small);
    const large = await open(dir, { ...options, importLance: real });
    expect(await vectorStoreOf(large)).toBe('lancedb');
    expect(await near(large, 0, 1, 0.1)).toEqual(['north', 'up', 'east']);
    await large.stats({ optimize: true });
    await large.apply({ upsert: [], remove: ['east.ts', 'up.ts'], vectors: new Map() });
    await close(large);
    const shrunk = await open(dir, { ...options, importLance: real });
    expect(await vectorStoreOf(shrunk)).toBe('lancedb');
    expect(await shrunk.missingVectors(['north'])).toEqual([]);
    await close(shrunk);
  });

  it('writes batches to LanceDB, not one append per file, and keeps its fragments few', async () => {
    const dir = freshDir();
    const index = await openLance(dir, { batchLength: 20, mostFragments: 3 });
    const random = createSeededRandom(5);
    const texts: string[] = [];
    for (let at = 0; at < 300; at += 1) {
      texts.push(`text ${at}`);
      await put(index, `${at}.ts`, [`text ${at}`, [random(), random(), random()]]);
    }
    const connection = await lancedb.connect(join(dir, 'vectors-v2'));
    const [name = ''] = await connection.tableNames();
    const table = await connection.openTable(name);
    expect(await table.countRows()).toBe(300);
    expect((await table.stats()).fragmentStats.numFragments).toBeLessThanOrEqual(4);
    expect(await table.version()).toBeLessThan(60);
    expect(await index.missingVectors(texts)).toEqual([]);
    await close(index);
  });

  it('misses nothing and shows nothing twice when it ended between the two stores', async () => {
    const dir = freshDir();
    const index = await openLance(dir);
    await put(index, 'a.ts', ['east', [1, 0, 0]]);
    await put(index, 'b.ts', ['north', [0, 1, 0]]);
    await close(index);
    // As after a kill between the write to LanceDB and the mark: the vector stands in both.
    const db = openDatabase({ path: join(dir, 'index-v2.sqlite'), migrations: indexMigrations, durability: 'normal' });
    db.prepare("UPDATE vectors SET vector = ? WHERE hash = 'east'").run(Buffer.from(Float32Array.of(1, 0, 0).buffer));
    db.close();
    const again = await openLance(dir);
    expect(await near(again, 1, 0.1, 0)).toEqual(['east', 'north']);
    await put(again, 'c.ts', ['up', [0, 0, 1]]);
    expect(await near(again, 1, 0.1, 0)).toEqual(['east', 'north', 'up']);
    expect(await again.stats({ optimize: true })).toMatchObject({ vectors: 3 });
    expect(await near(again, 1, 0.1, 0)).toEqual(['east', 'north', 'up']);
    await close(again);
  });

  it('reports vectors as missing when their folder was deleted or damaged', async () => {
    for (const harm of ['delete', 'damage']) {
      const dir = freshDir();
      const index = await openLance(dir);
      await put(index, 'a.ts', ['east', [1, 0, 0]]);
      await put(index, 'b.ts', ['north', [0, 1, 0]]);
      await close(index);
      const folder = join(dir, 'vectors-v2');
      if (harm === 'delete') rmSync(folder, { recursive: true });
      else {
        const versions = readdirSync(folder, { recursive: true })
          .map(String)
          .filter((file) => file.endsWith('.manifest'));
        expect(versions.length).toBeGreaterThan(0);
        for (const file of versions) writeFileSync(join(folder, file), 'damaged');
      }
      const again = await openLance(dir);
      expect(await again.missingVectors(['east', 'north'])).toEqual(['east', 'north']);
      expect(await near(again, 1, 0, 0)).toEqual([]);
      await put(again, 'a.ts', ['east', [1, 0, 0]]);
      expect(await near(again, 1, 0, 0)).toEqual(['east']);
      await close(again);
    }
  });
});

it('holds whole batches only, and is sound, when its process is killed while it writes', async () => {
  const dir = freshDir();
  const random = createSeededRandom(11);
  for (let kill = 0; kill < 4; kill += 1) {
    const child = spawn(process.execPath, [fileURLToPath(new URL('./index-kill-child.ts', import.meta.url)), dir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((done) => child.once('close', (_, signal) => done(signal)));
    const killAt = 1 + Math.floor(random() * 6);
    const waitMs = random() * 20;
    let acknowledged = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Number(line);
      if (acknowledged === killAt) setTimeout(() => child.kill('SIGKILL'), waitMs);
    }
    expect(await ended).toBe('SIGKILL');
    const path = join(dir, 'index-v2.sqlite');
    expect(existsSync(path)).toBe(true);
    const db = openDatabase({ path, migrations: indexMigrations, durability: 'normal' });
    expect(checkIntegrity(db)).toEqual([]);
    db.exec("INSERT INTO words (words) VALUES ('integrity-check')");
    db.close();

    const index = await createLocalSearchIndex({
      dir,
      dimensions: 4,
      embedder: 'kill',
      vectors: 'lancedb',
      batchLength: 32,
    });
    const batches = new Set((await index.files()).map((file) => file.hash));
    expect(batches.size).toBe(1);
    const [batch = ''] = batches;
    expect([acknowledged, acknowledged + 1]).toContain(Number(batch));
    expect(await index.query({ text: 'walrus' }, 100)).toHaveLength(40);
    const hashes = Array.from({ length: 40 }, (_, at) => `${batch}-${at}`);
    const missing = await index.missingVectors(hashes);
    const found = (await index.query({ vector: Float32Array.of(1, 1, 1, 1) }, 100)).map((hit) => hit.chunk.hash);
    expect([...found, ...missing].sort()).toEqual([...hashes].sort());
    await close(index);
  }
});
