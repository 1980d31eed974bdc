import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '@nootropic/testing';
import { createSimdKernel, simdModule } from './simd-kernel.ts';
import { topScores } from './top-scores.ts';
import { createVectorScan, type VectorScan } from './vector-scan.ts';
import { unitVector } from './vector-store.ts';

const kernels = ['simd', 'plain'] as const;

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
const unitVectors = (count: number, dimensions: number, seed: number): Float32Array[] => {
  const random = createSeededRandom(seed);
  return Array.from({ length: count }, () =>
    unitVector(Float32Array.from({ length: dimensions }, () => random() - 0.5)),
  );
};
const filled = (scan: VectorScan, vectors: readonly Float32Array[]): VectorScan => {
  for (const vector of vectors) scan.add(vector);
  return scan;
};
/** The share of the `count` vectors nearest to the query that are among the `most` that the scan puts first. */
const found = (scan: VectorScan, vectors: readonly Float32Array[], query: Float32Array): number => {
  const nearest = topScores(
    Float32Array.from(vectors, (vector) => dot(vector, query)),
    10,
  );
  const first = new Set(topScores(scan.scores(query), 40));
  return nearest.filter((place) => first.has(place)).length / nearest.length;
};

it('has a module that the engine of this Node takes, so that SIMD is what is tested', () => {
  expect(createSimdKernel()?.name).toBe('simd');
  expect(createVectorScan(8).kernel).toBe('simd');
  expect(createVectorScan(8, 'plain').kernel).toBe('plain');
  expect(simdModule().length).toBeLessThan(600);
});

describe.each(kernels)('a scan with the %s kernel', (kernel) => {
  const create = (dimensions: number) => createVectorScan(dimensions, kernel);

  it('gives the dot product of every vector, whatever their length and number', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer(),
        (dimensions, count, seed) => {
          const [query = new Float32Array(), ...vectors] = unitVectors(count + 1, dimensions, seed);
          const scores = filled(create(dimensions), vectors).scores(query);
          expect(scores).toHaveLength(count);
          for (const [place, vector] of vectors.entries())
            expect(Math.abs((scores[place] ?? NaN) - dot(vector, query))).toBeLessThan(0.012);
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  it('goes over more vectors than one call of the kernel takes', () => {
    const vectors = unitVectors(9_001, 9, 3);
    const query = vectors[9_000] as Float32Array;
    const scores = filled(create(9), vectors).scores(query);
    expect(topScores(scores, 1)).toEqual([9_000]);
    expect(vectors.every((vector, place) => Math.abs((scores[place] ?? NaN) - dot(vector, query)) < 0.012)).toBe(true);
  });

  it('does not overflow where every number is as large as it can be', () => {
    const same = unitVector(new Float32Array(4096).fill(1));
    const scores = filled(create(4096), [same, same.map((value) => -value)]).scores(same);
    expect(scores[0]).toBeCloseTo(1, 3);
    expect(scores[1]).toBeCloseTo(-1, 3);
  });

  it('forgets what it held, and what comes then is not mixed with it', () => {
    const scan = filled(create(16), unitVectors(11, 16, 5));
    scan.clear();
    expect(scan.length).toBe(0);
    const [vector = new Float32Array()] = unitVectors(1, 16, 6);
    scan.add(vector);
    expect([...scan.scores(vector)]).toEqual([expect.closeTo(1, 2)]);
  });

  it('takes vectors and queries of zeros', () => {
    const [vector = new Float32Array()] = unitVectors(1, 8, 7);
    const scan = filled(create(8), [new Float32Array(8), vector]);
    expect([...scan.scores(vector)]).toEqual([0, expect.closeTo(1, 2)]);
    expect([...scan.scores(new Float32Array(8))]).toEqual([0, 0]);
  });

  it('takes little more than a byte a number', () => {
    const scan = filled(create(256), unitVectors(20_000, 256, 8));
    expect(scan.bytes()).toBeLessThan(20_000 * 256 * 1.25);
  });

  it('has the ten nearest among its first forty, nearly always', () => {
    const vectors = unitVectors(4_000, 256, 9);
    const scan = filled(create(256), vectors);
    const shares = unitVectors(20, 256, 10).map((query) => found(scan, vectors, query));
    expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeGreaterThanOrEqual(0.995);
  });
});

it('gives the same scores with and without SIMD', () => {
  const vectors = unitVectors(100, 100, 11);
  const [simd, plain] = kernels.map((kernel) => filled(createVectorScan(100, kernel), vectors));
  const query = vectors[5] as Float32Array;
  const own = simd?.scores(query) ?? [];
  for (const [place, score] of plain?.scores(query).entries() ?? []) expect(score).toBeCloseTo(own[place] ?? NaN, 6);
});
