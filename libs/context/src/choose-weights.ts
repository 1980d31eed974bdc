import type { ChunkHit } from '@nootropic/contracts';
import { limitPerFile, orderBySigns } from './rank.ts';
import { readSigns, type Signs } from './rank-signs.ts';
import { rankWeights, type RankWeights } from './rank-weights.ts';
import type { Found } from './retrieve.ts';

/** A question with what was found for it (`findCandidates`), and which of it answers it. */
export interface JudgedQuestion {
  readonly found: Pick<Found, 'query' | 'candidates'>;
  readonly isRight: (hit: ChunkHit) => boolean;
}

/** Means over questions. `mrr` is that of the first right place among ten, `recall` the share of questions with one among the first k. */
export interface RankingQuality {
  readonly mrr: number;
  readonly recall: Readonly<Record<1 | 5 | 10, number>>;
}

const depth = 10;

/** How well weights order what was found. The candidates are the same for all weights, so that one collection serves many measurements. */
export function measureRanking(
  questions: readonly JudgedQuestion[],
  weights: RankWeights = rankWeights,
): RankingQuality {
  return measureSigns(questions.map(withSigns), weights);
}

interface SignedQuestion extends JudgedQuestion {
  readonly signs: readonly Signs[];
}

function withSigns(question: JudgedQuestion): SignedQuestion {
  return { ...question, signs: readSigns(question.found.query, question.found.candidates) };
}

function measureSigns(questions: readonly SignedQuestion[], weights: RankWeights): RankingQuality {
  const places = questions.map(({ found, isRight, signs }) => {
    const ranked = limitPerFile(orderBySigns(found.query, signs, weights), depth);
    return ranked.findIndex(({ hit }) => isRight(hit)) + 1;
  });
  const share = (count: number): number => (places.length === 0 ? 0 : count / places.length);
  const within = (k: number): number => share(places.filter((place) => place > 0 && place <= k).length);
  return {
    mrr: share(places.reduce((sum, place) => sum + (place > 0 ? 1 / place : 0), 0)),
    recall: { 1: within(1), 5: within(5), 10: within(10) },
  };
}

/** What is tried for each weight: values for a share, factors of the present value for the rest. */
const shares: readonly (keyof RankWeights)[] = ['vector', 'vectorOfNames', 'vectorFloor', 'nameFloor'];
const shareValues = [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
const factors = [0, 0.5, 0.75, 1.33, 2, 3];

/**
 * Looks for weights that order a development set better: one weight at a time, best value kept, until a round brings less than `leastGain`
 * (coordinate ascent; Metzler and Croft 2007, "Linear feature-based models for information retrieval", https://doi.org/10.1007/s10791-006-9019-z).
 * Where several sets are given, the mean of their MRR counts, so that a large one does not outweigh the rest. What it gives is fitted to these
 * questions: judge it with `measureRanking` on others.
 */
export function chooseWeights(
  sets: readonly (readonly JudgedQuestion[])[],
  options: {
    readonly start?: RankWeights;
    /** Weights that may change. Default: all but `rerank`, `twin` and `imports`. */
    readonly vary?: readonly (keyof RankWeights)[];
    /** Default 0.0005. */
    readonly leastGain?: number;
    readonly onStep?: (weights: RankWeights, mrr: number) => void;
  } = {},
): { readonly weights: RankWeights; readonly mrr: number } {
  const fixed: readonly (keyof RankWeights)[] = ['rerank', 'twin', 'imports'];
  const start = options.start ?? rankWeights;
  const vary = options.vary ?? (Object.keys(start) as (keyof RankWeights)[]).filter((name) => !fixed.includes(name));
  const signed = sets.map((set) => set.map(withSigns));
  const quality = (weights: RankWeights): number =>
    signed.reduce((sum, set) => sum + measureSigns(set, weights).mrr, 0) / Math.max(1, signed.length);
  let best = { weights: start, mrr: quality(start) };
  for (let before = -1; best.mrr - before >= (options.leastGain ?? 0.0005);) {
    before = best.mrr;
    for (const name of vary) {
      const now = best.weights[name];
      const values = shares.includes(name)
        ? shareValues
        : now === 0
          ? [0.2, 0.5, 1]
          : factors.map((factor) => now * factor);
      for (const value of values) {
        const weights = { ...best.weights, [name]: value };
        const mrr = quality(weights);
        if (mrr <= best.mrr) continue;
        best = { weights, mrr };
        options.onStep?.(weights, mrr);
      }
    }
  }
  return best;
}
