import { describe, expect, it } from 'vitest';
import { createBm25f } from './bm25f.ts';
import { similarities, roundedToInt8 } from './evaluate.ts';
import { bootstrap, createRandom, fuse, quality, rankOf, shuffled } from './ranking.ts';
import { readSourceList } from './source-list.ts';

describe('ranks', () => {
  it('count what is better, and half of what is equal', () => {
    expect(rankOf(Float32Array.of(3, 1, 2), 0)).toBe(1);
    expect(rankOf(Float32Array.of(3, 1, 2), 1)).toBe(3);
    expect(rankOf(Float32Array.of(1, 1, 1), 2)).toBe(2);
  });

  it('give MRR@10 and recalls', () => {
    expect(quality([1, 2, 11])).toEqual({ mrr: 0.5, first: 1 / 3, five: 2 / 3, ten: 2 / 3, questions: 3 });
  });

  it('are fused by shares of the highest', () => {
    expect([...fuse(Float32Array.of(2, 1), Float32Array.of(0, 10), 0.75)]).toEqual([0.75, 0.625]);
  });
});

describe('chance', () => {
  it('is the same for the same seed', () => {
    expect(shuffled([1, 2, 3, 4, 5, 6], createRandom(3))).toEqual(shuffled([1, 2, 3, 4, 5, 6], createRandom(3)));
  });

  it('of a difference that is everywhere the same has no width', () => {
    const [low, high] = bootstrap([{ ours: [1, 1, 1], theirs: [0.5, 0.5, 0.5] }], createRandom(1));
    expect([low, high]).toEqual([0.5, 0.5]);
  });
});

describe('BM25F', () => {
  const words = (body: readonly string[], name: readonly string[]) => ({
    doc: [],
    body: new Map(body.map((token) => [token, 1])),
    name,
    path: [],
  });
  const score = createBm25f([
    words(['open', 'fil'], ['socket']),
    words(['socket', 'read'], ['fil']),
    words(['x'], ['y']),
  ]);

  it('counts a name as often as it is told to', () => {
    const names = score({ name: 5, path: 0, b: 0.5, k1: 1.2 })(['socket']);
    const bodies = score({ name: 0, path: 0, b: 0.5, k1: 1.2 })(['socket']);
    expect(names[0]).toBeGreaterThan(names[1] ?? 0);
    expect(bodies[0]).toBe(0);
    expect(bodies[1]).toBeGreaterThan(0);
  });

  it('passes over words that are everywhere', () => {
    expect([...score({ name: 1, path: 1, b: 0.5, k1: 1.2 })(['the', 'of'])]).toEqual([0, 0, 0]);
  });
});

describe('vectors', () => {
  it('are compared with each that lies in a row', () => {
    expect([...similarities(Float32Array.of(1, 0, 2, 0), Float32Array.of(1, 1, 1, 1, 0, 5, 0, 5))]).toEqual([3, 0]);
  });

  it('keep their numbers in a byte each', () => {
    const [a, b] = roundedToInt8(Float32Array.of(0.5, -0.251));
    expect(a).toBeCloseTo(0.5, 5);
    expect(b).toBeCloseTo(-0.251, 2);
  });
});

describe('the list of sources', () => {
  it('has at least five test packages in four languages, no package in two splits, and known licences only', async () => {
    const { sources } = await readSourceList(new URL('../sources.json', import.meta.url));
    const trees = sources.flatMap((source) => source.trees).filter(({ split }) => split === 'test');
    expect(new Set(trees.map((tree) => tree.package)).size).toBeGreaterThanOrEqual(5);
    expect(new Set(trees.map(({ language }) => language)).size).toBeGreaterThanOrEqual(4);
    expect(sources.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(400e6);
  });
});
