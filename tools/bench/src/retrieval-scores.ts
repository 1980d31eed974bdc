import { createSeededRandom } from '@nootropic/testing';
import { quantile, type PairedRatio } from './paired-ratio.ts';

/** What one question was answered with. */
export interface RankedAnswer {
  /** How many right things there are; at least 1. */
  readonly wanted: number;
  /** At which places, counted from 1, a right thing stands, each once, ascending. */
  readonly places: readonly number[];
}

/** How well many questions were answered: means over the questions, from 0 to 1. */
export interface RetrievalScores {
  readonly questions: number;
  /** Mean reciprocal rank: one divided by the place of the first right thing, 0 where it is not among the first ten. */
  readonly mrr: number;
  /** The share of the right things among the first one, five and ten. */
  readonly recall1: number;
  readonly recall5: number;
  readonly recall10: number;
}

export const depth = 10;

/** The places of what is right in a list, best first. A right thing that is found again counts where it stood first. */
export function placesOf<Item>(found: readonly Item[], keyOf: (item: Item) => string | undefined): number[] {
  const seen = new Set<string>();
  const places: number[] = [];
  for (const [at, item] of found.entries()) {
    const key = keyOf(item);
    if (key === undefined || seen.has(key)) continue;
    seen.add(key);
    places.push(at + 1);
  }
  return places;
}

export function reciprocalRank({ places }: RankedAnswer): number {
  const [first] = places;
  return first === undefined || first > depth ? 0 : 1 / first;
}

export function recallAt(answer: RankedAnswer, count: number): number {
  return answer.places.filter((place) => place <= count).length / answer.wanted;
}

export function scoresOf(answers: readonly RankedAnswer[]): RetrievalScores {
  return {
    questions: answers.length,
    mrr: mean(answers.map(reciprocalRank)),
    recall1: mean(answers.map((answer) => recallAt(answer, 1))),
    recall5: mean(answers.map((answer) => recallAt(answer, 5))),
    recall10: mean(answers.map((answer) => recallAt(answer, 10))),
  };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const resamples = 400;

/**
 * The mean of one way's scores divided by that of another, on the same questions; with the quartiles that drawing the questions again, with
 * repetition, gives (the bootstrap: Efron, Annals of Statistics 1979). Not a number where the peer has no score at all.
 */
export function qualityRatio(subject: readonly number[], peer: readonly number[]): PairedRatio {
  if (subject.length !== peer.length) throw new RangeError('Both ways answer the same questions.');
  const random = createSeededRandom(1);
  const ratios = Array.from({ length: resamples }, () => {
    let own = 0;
    let other = 0;
    for (let draw = 0; draw < subject.length; draw += 1) {
      const at = Math.floor(random() * subject.length);
      own += subject[at] as number;
      other += peer[at] as number;
    }
    return own / other;
  }).filter(Number.isFinite);
  return {
    pairs: subject.length,
    repeated: 0,
    disturbed: 0,
    subject: mean(subject),
    peer: mean(peer),
    ratio: mean(subject) / mean(peer),
    low: quantile(ratios, 0.25),
    high: quantile(ratios, 0.75),
  };
}
