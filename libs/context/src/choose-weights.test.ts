import type { ChunkHit } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { chooseWeights, measureRanking, type JudgedQuestion } from './choose-weights.ts';
import { readQuery } from './query.ts';
import type { Candidate } from './rank-signs.ts';
import { rankWeights } from './rank-weights.ts';

const hit = (path: string): ChunkHit => ({
  path,
  chunk: { hash: path, startLine: 1, endLine: 2, symbol: '', signature: '', doc: '', text: 'nothing' },
  score: 1,
});

function question(right: string, candidates: readonly Candidate[]): JudgedQuestion {
  return { found: { query: readQuery('striped horses'), candidates }, isRight: ({ path }) => path === right };
}

/** The text list is wrong, the vector list right. */
const misread = question('b.ts', [
  { hit: hit('a.ts'), textScore: 9, vectorScore: 0.2 },
  { hit: hit('b.ts'), textScore: 5, vectorScore: 0.8 },
  { hit: hit('c.ts'), textScore: 4, vectorScore: 0.1 },
]);
const missing = question('z.ts', [{ hit: hit('a.ts'), textScore: 9 }]);

describe('measureRanking', () => {
  it('takes the means over all questions, also those without a right place', () => {
    const weights = { ...rankWeights, vector: 0 };
    expect(measureRanking([misread, missing], weights)).toEqual({ mrr: 0.25, recall: { 1: 0, 5: 0.5, 10: 0.5 } });
    expect(measureRanking([], weights)).toEqual({ mrr: 0, recall: { 1: 0, 5: 0, 10: 0 } });
  });
});

describe('chooseWeights', () => {
  it('finds what orders the development set better, and tells its steps', () => {
    const start = { ...rankWeights, vector: 0 };
    const steps: number[] = [];
    const { weights, mrr } = chooseWeights([[misread]], { start, onStep: (_, step) => steps.push(step) });
    expect(mrr).toBe(1);
    expect(weights.vector).toBeGreaterThan(0);
    expect(measureRanking([misread], weights).mrr).toBe(1);
    expect(steps).toEqual([1]);
  });

  it('changes only what it may', () => {
    const start = { ...rankWeights, vector: 0 };
    expect(chooseWeights([[misread]], { start, vary: ['coherence', 'history'] }).weights).toEqual(start);
  });
});
