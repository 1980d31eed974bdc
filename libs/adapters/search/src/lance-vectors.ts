import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type * as Lance from '@lancedb/lancedb';
import type * as Arrow from 'apache-arrow';
import { createExactVectors } from './exact-vectors.ts';
import type { VectorHit, VectorStore } from './vector-store.ts';
import type { StoredVector, VectorRows } from './vector-rows.ts';

export interface LanceModules {
  readonly lancedb: typeof Lance;
  readonly arrow: typeof Arrow;
}

export interface LanceVectorsOptions {
  /** Folder of the tables, one per embedder. */
  readonly dir: string;
  /** Only a writer repairs what a crash or a deleted folder left behind. */
  readonly writable: boolean;
  /** Vectors that gather in the database before they go over in one write. */
  readonly batchLength: number;
  /** Fragments above which they are merged. */
  readonly mostFragments: number;
  /** Vectors above which the table gets an index; up to it each is looked at. Default 100 000. */
  readonly indexAbove?: number;
}

/** Old versions of a table are kept this long, for a program that is reading one. */
const keepVersionsMs = 600_000;
/** Hashes in one deletion. */
const deletionLength = 500;
/**
 * The index takes a bit a number (RaBitQ: Gao and Long 2024, https://arxiv.org/abs/2405.12497), which takes about a second to make for 100 000
 * vectors, where product codes take half a minute of a core. Such codes only choose: of what they put first, so many are compared in full for each
 * that is wanted, and so many in all where few or many are.
 */
const refinement = { least: 8, most: 40, inAll: 2_000 };
/** Partitions of the index that are searched. */
const probes = 48;
/** Steps of finding partitions, and vectors of each that it is done with; more costs time and finds no better ones. */
const training = { maxIterations: 10, sampleRate: 64 };
/** Codes are whole bytes. */
const numbersPerByte = 8;

/**
 * Looks vectors up in LanceDB. New ones gather in the database, where they are committed together with their chunks, and are searched there;
 * they go over in batches, each in one write that skips what is there already. A crash between that write and the mark in the database
 * therefore costs one repeated batch and never a vector. Many vectors get an index of partitions and codes, whose best are compared in
 * full.
 */
export async function createLanceVectors(
  rows: VectorRows,
  modules: LanceModules,
  options: LanceVectorsOptions,
): Promise<VectorStore> {
  const { dir, writable, batchLength, mostFragments, indexAbove = 100_000 } = options;
  const connection = await modules.lancedb.connect(dir, { readConsistencyInterval: 0 });
  const name = `vectors_${rows.key}`;
  const schema = tableSchema(modules.arrow, rows.dimensions);
  const waiting = createExactVectors(rows);
  let table = await openTable(connection, name, writable);
  if (table !== undefined && rows.countOutside() > (await table.countRows()) && writable) await forgetLost(rows, table);
  if (table === undefined && writable) {
    rows.forget(rows.outsideHashes());
    table = await connection.createEmptyTable(name, schema);
  }

  /** A reader may have come before the table was made. */
  const current = async (): Promise<Lance.Table | undefined> => (table ??= await openTable(connection, name, false));

  const moveBatches = async (atLeast: number): Promise<void> => {
    const target = await current();
    if (target === undefined) return;
    while (rows.countStored() >= Math.max(1, atLeast)) {
      const batch = rows.stored(0, batchLength);
      await target
        .mergeInsert('hash')
        .whenNotMatchedInsertAll()
        .execute(toArrow(modules.arrow, schema, batch));
      rows.moveOutside(batch.map((row) => row.id));
    }
  };

  const mergeFragments = async (): Promise<void> => {
    const target = await current();
    await target?.optimize({ cleanupOlderThan: new Date(Date.now() - keepVersionsMs) });
  };

  /** Merging keeps an index up to date; it has to be made once. Vectors that it does not know yet are each looked at. */
  const makeIndex = async (): Promise<void> => {
    const target = await current();
    if (target === undefined || rows.dimensions % numbersPerByte !== 0) return;
    if ((await target.countRows()) <= indexAbove) return;
    if ((await target.listIndices()).some(({ columns }) => columns.includes('vector'))) return;
    await target.createIndex('vector', { config: modules.lancedb.Index.ivfRq({ distanceType: 'dot', ...training }) });
  };

  return {
    name: 'lancedb',
    refresh: () => waiting.refresh(),
    rank(vector) {
      const fresh = waiting.rank(vector);
      return {
        async take(count) {
          const hits = new Map<string, VectorHit>();
          for (const hit of await fresh.take(count)) hits.set(hit.hash, hit);
          const target = await current();
          if (target !== undefined && rows.countOutside() > 0) {
            const found = await target
              .query()
              .nearestTo(vector)
              .distanceType('dot')
              .nprobes(probes)
              .refineFactor(refinementFor(count))
              .select(['hash', '_distance'])
              .limit(count)
              .toArray();
            for (const row of found as { hash: string; _distance: number }[]) {
              hits.set(row.hash, { hash: row.hash, score: 1 - row._distance });
            }
          }
          return [...hits.values()].sort((a, b) => b.score - a.score).slice(0, count);
        },
      };
    },
    async settle() {
      if (rows.countStored() < batchLength) return;
      await moveBatches(batchLength);
      const fragments = (await (await current())?.stats())?.fragmentStats.numFragments ?? 0;
      if (fragments > mostFragments) {
        await makeIndex();
        await mergeFragments();
      }
    },
    async optimize() {
      rows.forgetUnused();
      await moveBatches(1);
      const target = await current();
      if (target !== undefined) {
        const wanted = rows.outsideHashes();
        const unused = (await hashesOf(target)).filter((hash) => !wanted.has(hash));
        for (let at = 0; at < unused.length; at += deletionLength) {
          const list = unused.slice(at, at + deletionLength).map((hash) => `'${hash.replaceAll("'", "''")}'`);
          await target.delete(`hash IN (${list.join(', ')})`);
        }
      }
      await makeIndex();
      await mergeFragments();
    },
    bytes: () => folderBytes(dir),
    async close() {
      await waiting.close();
      table?.close();
      connection.close();
    },
  };
}

function refinementFor(count: number): number {
  return Math.min(refinement.most, Math.max(refinement.least, Math.ceil(refinement.inAll / count)));
}

/** A table that cannot be opened is of no use to anyone: a writer drops it, since every vector in it can be computed again. */
async function openTable(connection: Lance.Connection, name: string, drop: boolean): Promise<Lance.Table | undefined> {
  if (!(await connection.tableNames()).includes(name)) return undefined;
  try {
    const table = await connection.openTable(name);
    await table.countRows();
    return table;
  } catch (error) {
    if (!drop) throw error;
    await connection.dropTable(name);
    return undefined;
  }
}

/** Forgets the rows whose vector is not where they say, so that they count as missing. */
async function forgetLost(rows: VectorRows, table: Lance.Table): Promise<void> {
  const lost = rows.outsideHashes();
  for (const hash of await hashesOf(table)) lost.delete(hash);
  rows.forget(lost);
}

async function hashesOf(table: Lance.Table): Promise<string[]> {
  const rows = (await table.query().select(['hash']).toArray()) as { hash: string }[];
  return rows.map((row) => row.hash);
}

function tableSchema(arrow: typeof Arrow, dimensions: number): Arrow.Schema {
  const item = new arrow.Field('item', new arrow.Float32(), false);
  return new arrow.Schema([
    new arrow.Field('hash', new arrow.Utf8(), false),
    new arrow.Field('vector', new arrow.FixedSizeList(dimensions, item), false),
  ]);
}

/** Builds the columns from flat memory: a row object per vector would take ten times as long. */
function toArrow(arrow: typeof Arrow, schema: Arrow.Schema, batch: readonly StoredVector[]): Arrow.Table {
  const { length } = batch;
  const [hashField, vectorField] = schema.fields as [
    Arrow.Field<Arrow.Utf8>,
    Arrow.Field<Arrow.FixedSizeList<Arrow.Float32>>,
  ];
  const dimensions = vectorField.type.listSize;
  const numbers = new Float32Array(length * dimensions);
  for (const [at, row] of batch.entries()) numbers.set(row.vector, at * dimensions);
  const values = arrow.makeData({ type: new arrow.Float32(), length: numbers.length, nullCount: 0, data: numbers });
  const vectors = arrow.makeData({ type: vectorField.type, length, nullCount: 0, child: values });
  const hashes = arrow.makeVector(
    arrow.vectorFromArray(
      batch.map((row) => row.hash),
      hashField.type,
    ).data[0] as Arrow.Data<Arrow.Utf8>,
  ).data[0];
  const type = new arrow.Struct(schema.fields);
  const data = arrow.makeData({ type, length, nullCount: 0, children: [hashes as Arrow.Data, vectors] });
  return new arrow.Table(schema, [new arrow.RecordBatch(schema, data)]);
}

function folderBytes(dir: string): number {
  let bytes = 0;
  for (const entry of readdirSync(dir, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}
