import { createLocalSearchIndex, createVectorScan } from '@nootropic/search';
import type { SearchIndex } from '@nootropic/contracts';
import { createSeededRandom, sketchFile } from '@nootropic/testing';
import { join } from 'node:path';
import type { BenchContext, BenchLine, BenchRow } from './bench-line.ts';
import { quantile } from './paired-ratio.ts';
import { mean } from './retrieval-scores.ts';

const dimensions = 256;
/** Results that are asked for, and how many of the nearest must be among them. */
const wanted = 10;
const scannedCount = 100_000;
/** So many that LanceDB makes its index. */
const indexedCount = 110_000;
const quickCount = 5_000;
const most = { simd: 10, plain: 50, recall: 0.995 };

/** Looking at each vector: in a byte a number with SIMD, against floating-point numbers in plain typed arrays. */
export const vectorLine: BenchLine = {
  name: 'vectors',
  async measure(context) {
    const count = context.quick ? quickCount : indexedCount;
    const vectors = madeVectors(count, 1);
    const queries = madeVectors(context.quick ? 10 : 40, 2);
    const scanned = vectors.slice(0, scannedCount);
    return [await scanRow(context, scanned, queries), ...(await indexRows(context, vectors, queries))];
  },
};

async function scanRow(
  { pairs }: BenchContext,
  vectors: readonly Float32Array[],
  queries: readonly Float32Array[],
): Promise<BenchRow> {
  const floats = new Float32Array(vectors.length * dimensions);
  for (const [at, vector] of vectors.entries()) floats.set(vector, at * dimensions);
  const [simd, plain] = [createVectorScan(dimensions), createVectorScan(dimensions, 'plain')];
  for (const vector of vectors) {
    simd.add(vector);
    plain.add(vector);
  }
  const ofSimd = (): number => millisecondsEach(queries, (query) => simd.scores(query));
  const result = await pairs(ofSimd, () => millisecondsEach(queries, (query) => floatScores(floats, query)));
  const ofPlain = quantile(
    [0, 1, 2].map(() => millisecondsEach(queries, (query) => plain.scores(query))),
    0.5,
  );
  const size = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  const isWhole = vectors.length === scannedCount;
  return {
    what: `a scan of ${vectors.length} vectors of ${dimensions} numbers, a byte each, ${simd.kernel === 'simd' ? 'WebAssembly SIMD' : 'no SIMD here'}`,
    peer: 'a scan of the same as 32-bit floats in a typed array',
    unit: 'ms',
    better: 'lower',
    target: 0.5,
    anchor: 'sqlite-vec 12.4 ms, LanceDB 53 ms for 50 000',
    result,
    extras: [
      { text: `at most ${most.simd} ms`, ...(isWhole && { holds: result.subject <= most.simd }) },
      {
        text: `plain typed arrays, a byte a number: ${ofPlain.toFixed(1)} ms (at most ${most.plain})`,
        ...(isWhole && { holds: ofPlain <= most.plain }),
      },
      { text: `${size(simd.bytes())} in memory; the floats take ${size(floats.byteLength)}` },
    ],
  };
}

/** Through the index, with the chunks of what is found. */
async function indexRows(
  context: BenchContext,
  vectors: readonly Float32Array[],
  queries: readonly Float32Array[],
): Promise<BenchRow[]> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await context.place.folder());
  const open = async (store: 'exact' | 'lancedb'): Promise<SearchIndex> => {
    const index = stack.use(
      await createLocalSearchIndex({ dir: join(folder.path, store), dimensions, embedder: 'bench', vectors: store }),
    );
    context.say(`filling ${store}`);
    await fill(index, vectors, context.signal);
    await index.stats({ optimize: true });
    return index;
  };
  const exact = await open('exact');
  const lance = await open('lancedb');
  const { vectorStore } = await lance.stats();
  const nearest = queries.map((query) => nearestOf(vectors, query));
  const row = {
    what: `the ${wanted} chunks nearest to a vector among ${vectors.length}, through the index`,
    unit: 'ms',
    better: 'lower',
    anchor: 'sqlite-vec 12.4 ms for 50 000',
  } as const;
  const recall = await recallOf(exact, queries, nearest);
  const recallText = (share: number): string => `recall@${wanted} against floats ${share.toFixed(4)}`;
  if (vectorStore !== 'lancedb')
    return [
      {
        ...row,
        peer: 'LanceDB',
        result: { notMeasured: 'LanceDB cannot be loaded here' },
        extras: [{ text: recallText(recall) }],
      },
    ];
  const ask = (index: SearchIndex) => async (): Promise<number> => {
    const start = performance.now();
    for (const vector of queries) await index.query({ vector }, wanted);
    return (performance.now() - start) / queries.length;
  };
  return [
    {
      ...row,
      peer: 'LanceDB behind the same port, as it is used above that number',
      target: 1,
      result: await context.pairs(ask(exact), ask(lance)),
      extras: [
        { text: `${recallText(recall)} (at least ${most.recall})`, holds: recall >= most.recall },
        { text: `LanceDB's ${recallText(await recallOf(lance, queries, nearest))}` },
      ],
    },
  ];
}

async function fill(index: SearchIndex, vectors: readonly Float32Array[], signal: AbortSignal): Promise<void> {
  const perBatch = 2_000;
  for (let from = 0; from < vectors.length; from += perBatch) {
    signal.throwIfAborted();
    const batch = vectors.slice(from, from + perBatch);
    const names = batch.map((_, at) => `${from + at}`);
    await index.apply({
      upsert: [sketchFile({ path: `${from}.ts`, chunks: names.map((text) => ({ text })) })],
      remove: [],
      vectors: new Map(names.map((name, at) => [name, batch[at] as Float32Array])),
    });
  }
}

async function recallOf(
  index: SearchIndex,
  queries: readonly Float32Array[],
  nearest: readonly ReadonlySet<string>[],
): Promise<number> {
  const shares: number[] = [];
  for (const [at, vector] of queries.entries()) {
    const hits = await index.query({ vector }, wanted);
    shares.push(hits.filter(({ chunk }) => nearest[at]?.has(chunk.text)).length / wanted);
  }
  return mean(shares);
}

function nearestOf(vectors: readonly Float32Array[], query: Float32Array): Set<string> {
  return new Set(
    vectors
      .map((vector, at) => ({ at, score: dotProduct(vector, query, 0) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, wanted)
      .map(({ at }) => `${at}`),
  );
}

/** Four rows at a time, so that each number of the query is read once for four. */
function floatScores(floats: Float32Array, query: Float32Array): Float32Array {
  const scores = new Float32Array(floats.length / dimensions);
  for (let row = 0; row < scores.length; row += 4) {
    const from = row * dimensions;
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let at = 0; at < dimensions; at += 1) {
      const value = query[at] as number;
      a += (floats[from + at] as number) * value;
      b += (floats[from + dimensions + at] as number) * value;
      c += (floats[from + 2 * dimensions + at] as number) * value;
      d += (floats[from + 3 * dimensions + at] as number) * value;
    }
    scores[row] = a;
    scores[row + 1] = b;
    scores[row + 2] = c;
    scores[row + 3] = d;
  }
  return scores;
}

function dotProduct(numbers: Float32Array, query: Float32Array, from: number): number {
  let sum = 0;
  for (let at = 0; at < dimensions; at += 1) sum += (numbers[from + at] as number) * (query[at] as number);
  return sum;
}

function millisecondsEach(queries: readonly Float32Array[], action: (query: Float32Array) => unknown): number {
  const start = performance.now();
  for (const query of queries) action(query);
  return (performance.now() - start) / queries.length;
}

/** Unit vectors in groups of like ones, as those of code are. */
function madeVectors(count: number, seed: number): Float32Array[] {
  const random = createSeededRandom(seed);
  const centres = createSeededRandom(77);
  const groups = Array.from({ length: 200 }, () => Float32Array.from({ length: dimensions }, () => centres() - 0.5));
  return Array.from({ length: count }, () => {
    const group = groups[Math.floor(random() * groups.length)] as Float32Array;
    const vector = group.map((value) => value + (random() - 0.5) * 1.4);
    const length = Math.sqrt(dotProduct(vector, vector, 0));
    return vector.map((value) => value / length);
  });
}
