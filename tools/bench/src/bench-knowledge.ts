import { createHash } from 'node:crypto';
import { createKnowledge, type RankWeights } from '@nootropic/context';
import type { History, Knowledge, Model, Parser, SearchIndex } from '@nootropic/contracts';
import { createBuiltinEmbedder } from '@nootropic/model';
import { createTreeSitterParser, installedGrammar } from '@nootropic/parser';
import { createLocalSearchIndex } from '@nootropic/search';
import { createLocalFiles } from '@nootropic/workspace';

/** A place that a search names. */
export interface FoundPlace {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
}

/** What the host wires for a workspace, with the built-in embedder and without a host. */
export interface BenchKnowledge extends AsyncDisposable {
  readonly knowledge: Knowledge;
  /** The same index, searched with other weights and without the history. */
  weighted(weights: Partial<RankWeights>): Knowledge;
  readonly index: SearchIndex;
  readonly embedder: Model;
  /** The vectors that were written, as they were before any rounding, with the places of their chunks. */
  readonly written: ReadonlyMap<string, WrittenVector>;
}

export interface WrittenVector {
  readonly vector: Float32Array;
  readonly places: readonly FoundPlace[];
}

export function openParser(): Parser {
  return createTreeSitterParser({ grammar: installedGrammar });
}

/** `root` is what is searched, `dir` where its index lies. With `record`, all vectors are kept beside. */
export async function openBenchKnowledge(options: {
  readonly root: string;
  readonly dir: string;
  readonly record?: boolean;
  readonly vectors?: 'exact' | 'lancedb';
  /** Default: none, so that commits count for nothing. */
  readonly history?: History;
}): Promise<BenchKnowledge> {
  await using stack = new AsyncDisposableStack();
  const embedder = stack.use(await createBuiltinEmbedder().load('builtin:embedder'));
  const parser = stack.use(openParser());
  const index = stack.use(
    await createLocalSearchIndex({
      dir: options.dir,
      dimensions: embedder.info.dimensions,
      embedder: embedder.info.ref,
      vectors: options.vectors ?? 'exact',
    }),
  );
  const written = new Map<string, WrittenVector>();
  const ports = {
    files: await createLocalFiles({ root: options.root }),
    parser,
    index: options.record === true ? recording(index, written) : index,
    embedder,
    hash: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex'),
  };
  const knowledge = stack.use(createKnowledge({ ...ports, ...(options.history && { history: options.history }) }));
  const owned = stack.move();
  const weighted = (weights: Partial<RankWeights>): Knowledge => owned.use(createKnowledge({ ...ports, weights }));
  return { knowledge, weighted, index, embedder, written, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function recording(index: SearchIndex, written: Map<string, WrittenVector>): SearchIndex {
  return {
    ...index,
    async apply(batch) {
      await index.apply(batch);
      for (const [hash, vector] of batch.vectors) written.set(hash, { vector, places: [] });
      for (const { file, chunks } of batch.upsert) {
        for (const { hash, startLine, endLine } of chunks) {
          const known = written.get(hash);
          if (known !== undefined)
            written.set(hash, { ...known, places: [...known.places, { path: file.path, startLine, endLine }] });
        }
      }
    },
  };
}

/** Reads a stream to its end, for what is done meanwhile. */
export async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  const iterator = stream[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}

const perFile = 2;

/** At most two places of a file, as the front door has it, and at most `limit`. */
export function fewPerFile<Place extends { readonly path: string }>(places: readonly Place[], limit: number): Place[] {
  const count = new Map<string, number>();
  const kept: Place[] = [];
  for (const place of places) {
    const known = count.get(place.path) ?? 0;
    if (known >= perFile) continue;
    count.set(place.path, known + 1);
    kept.push(place);
    if (kept.length === limit) break;
  }
  return kept;
}

/** Those of the written vectors that are nearest to this one, best first, by floating-point numbers. */
export function nearestWritten(
  written: ReadonlyMap<string, WrittenVector>,
  query: Float32Array,
  count: number,
): FoundPlace[] {
  const scored: { readonly score: number; readonly places: readonly FoundPlace[] }[] = [];
  for (const { vector, places } of written.values()) {
    let score = 0;
    for (let at = 0; at < query.length; at += 1) score += (query[at] as number) * (vector[at] as number);
    if (score > 0) scored.push({ score, places });
  }
  return scored
    .sort((a, b) => b.score - a.score)
    .slice(0, count)
    .flatMap(({ places }) => places);
}
