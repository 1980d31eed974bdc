import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import * as lancedb from '@lancedb/lancedb';
import { afterAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '@nootropic/sqlite';
import { createSeededRandom } from '@nootropic/testing';
import { createExactVectors } from './exact-vectors.ts';
import { indexMigrations } from './index-schema.ts';
import { createLanceVectors } from './lance-vectors.ts';
import { topScores } from './top-scores.ts';
import { createVectorRows, type VectorRows } from './vector-rows.ts';
import { unitVector, type VectorStore } from './vector-store.ts';

const root = mkdtempSync(join(tmpdir(), 'nootropic-vectors-'));
const databases: Database[] = [];
afterAll(() => {
  for (const db of databases) db.close();
  rmSync(root, { recursive: true, force: true });
});

const dimensions = 64;
const wanted = 20;

/** Vectors as code has them: in groups of like ones, closer to each other than chance would put them. */
function likeVectors(count: number, seed: number): Float32Array[] {
  const random = createSeededRandom(seed);
  const near = (centre: Float32Array, spread: number) =>
    unitVector(centre.map((value) => value + (random() - 0.5) * spread));
  const centres = Array.from({ length: 60 }, () => near(new Float32Array(dimensions), 1));
  return Array.from({ length: count }, (_, at) => near(centres[at % centres.length] as Float32Array, 0.35));
}

function storedVectors(vectors: readonly Float32Array[]): VectorRows {
  return database(vectors).rows;
}

function database(vectors: readonly Float32Array[]): { readonly db: Database; readonly rows: VectorRows } {
  const db = openDatabase({
    path: join(mkdtempSync(join(root, 'db-')), 'index.sqlite'),
    migrations: indexMigrations,
    durability: 'normal',
  });
  databases.push(db);
  db.prepare('INSERT INTO spaces (id, embedder, dimensions) VALUES (1, ?, ?)').run('test', dimensions);
  db.exec("INSERT INTO files (id, path, hash, bytes, mtime_ms, language) VALUES (1, 'a.ts', '', 1, 1, 'typescript')");
  const addChunk = db.prepare(
    "INSERT INTO chunks (file, hash, start_line, end_line, symbol, signature, doc, text) VALUES (1, ?, 1, 1, '', '', '', '')",
  );
  const rows = createVectorRows(db, { id: 1, dimensions, key: 'test' });
  db.transaction(() => {
    for (const [at, vector] of vectors.entries()) {
      addChunk.run(`${at}`);
      rows.put(`${at}`, vector);
    }
  })();
  return { db, rows };
}

/** The mean share of the nearest vectors, by floating-point numbers, that the store names. */
async function recallOf(store: VectorStore, vectors: readonly Float32Array[]): Promise<number> {
  let found = 0;
  const queries = likeVectors(50, 99);
  for (const query of queries) {
    const scores = Float32Array.from(vectors, (vector) => {
      let sum = 0;
      for (const [at, value] of vector.entries()) sum += value * (query[at] ?? 0);
      return sum;
    });
    const nearest = new Set(topScores(scores, wanted).map(String));
    const hits = await store.rank(query).take(wanted);
    expect(hits).toHaveLength(wanted);
    found += hits.filter(({ hash }) => nearest.has(hash)).length;
  }
  return found / (queries.length * wanted);
}

describe('the recall against floating-point numbers', () => {
  const vectors = likeVectors(6_000, 1);

  it.each(['fastest', 'plain'] as const)('is at least 0.995 for the exact scan (%s)', async (kernel) => {
    const rows = storedVectors(vectors);
    const store = createExactVectors(rows, kernel);
    await store.refresh();
    expect(await recallOf(store, vectors)).toBeGreaterThanOrEqual(0.995);
    await store.close();
  });

  it.each([
    ['with its index', 1_000, 0.95],
    ['without an index', 100_000, 0.999],
  ] as const)(
    'is high for LanceDB %s',
    async (_name, indexAbove, least) => {
      const rows = storedVectors(vectors);
      const dir = mkdtempSync(join(root, 'lance-'));
      const options = { dir, writable: true, batchLength: 2_000, mostFragments: 16, indexAbove };
      const store = await createLanceVectors(rows, { lancedb, arrow }, options);
      await store.settle();
      await store.optimize();
      const table = await (await lancedb.connect(dir)).openTable('vectors_test');
      expect((await table.listIndices()).length).toBe(indexAbove < vectors.length ? 1 : 0);
      await store.refresh();
      expect(await recallOf(store, vectors)).toBeGreaterThanOrEqual(least);
      await store.close();
    },
    60_000,
  );
});

it('reads many vectors in slices, and all that were there when it was asked', async () => {
  const vectors = likeVectors(5_000, 4);
  const rows = storedVectors(vectors);
  const store = createExactVectors(rows);
  let turns = 0;
  const count = () => (turns += 1);
  const both = Promise.all([store.refresh(), store.refresh()]);
  const timer = setInterval(count, 0);
  setImmediate(count);
  rows.put('late', vectors[0] as Float32Array);
  await Promise.all([both, store.refresh()]);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
  const [first, second] = await store.rank(vectors[0] as Float32Array).take(2);
  expect(new Set([first?.hash, second?.hash])).toEqual(new Set(['0', 'late']));
  expect(await store.rank(vectors[0] as Float32Array).take(10_000)).toHaveLength(5_001);
  await store.close();
});

it('gives as many as there are although many are gone, and forgets those', async () => {
  const vectors = likeVectors(3_000, 5);
  const rows = storedVectors(vectors);
  const store = createExactVectors(rows);
  await store.refresh();
  const query = vectors[7] as Float32Array;
  const best = (await store.rank(query).take(2_500)).map(({ hash }) => hash);
  const ranking = store.rank(query);
  rows.forget(best.slice(0, 2_000));
  expect((await ranking.take(20)).map(({ hash }) => hash)).toEqual(best.slice(2_000, 2_020));
  await store.refresh();
  expect((await store.rank(query).take(20)).map(({ hash }) => hash)).toEqual(best.slice(2_000, 2_020));
  expect(await store.rank(query).take(3_000)).toHaveLength(1_000);
  await store.close();
});

it('reads everything again when the database was written anew', async () => {
  const [old = new Float32Array(), other = new Float32Array()] = likeVectors(2, 6);
  const { db, rows } = database([old]);
  const store = createExactVectors(rows);
  await store.refresh();
  db.prepare('UPDATE vectors SET vector = ?').run(Buffer.from(other.buffer));
  db.prepare('UPDATE removals SET version = ?').run(1_700_000_000_000);
  rows.put('more', old);
  await store.refresh();
  expect(await store.rank(other).take(1)).toEqual([{ hash: '0', score: expect.closeTo(1, 6) as number }]);
  expect(await store.rank(other).take(5)).toHaveLength(2);
  await store.close();
});

it('gives the cosine of whole numbers, not of the small ones that it scans', async () => {
  const [vector = new Float32Array(), other = new Float32Array()] = likeVectors(2, 3);
  const store = createExactVectors(storedVectors([vector, other]));
  await store.refresh();
  const hits = await store.rank(vector).take(2);
  expect(hits[0]).toEqual({ hash: '0', score: expect.closeTo(1, 6) as number });
  let cosine = 0;
  for (const [at, value] of vector.entries()) cosine += value * (other[at] ?? 0);
  expect(hits[1]?.score).toBeCloseTo(cosine, 6);
  await store.close();
});
