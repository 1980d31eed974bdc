import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Token } from 'node-llama-cpp';
import { createLookupGains, createPlaces, createStepCosts } from './model-process-predictor.ts';

const tokens = (...values: number[]): Token[] => values as Token[];

describe('places of words', () => {
  it('gives what followed the last three tokens where they last stood', () => {
    const text = tokens(1, 2, 3, 4, 5, 9, 1, 2, 3, 6, 7, 9, 1, 2, 3);
    expect(createPlaces(text).following(2)).toEqual([6, 7]);
    expect(createPlaces(text).following(8)).toEqual([6, 7, 9, 1, 2, 3, 6, 7]);
    expect(createPlaces(tokens(5, 5, 5, 5)).following(4)).toEqual([5, 5, 5, 5]);
    expect(createPlaces(tokens(1, 2, 3, 4)).following(8)).toEqual([]);
    expect(createPlaces(tokens(1, 2)).following(8)).toEqual([]);
  });

  it('reads on where it was right, also where the words stand once more further on', () => {
    const text = tokens(1, 2, 3, 4, 5, 6, 7, 8, 0, 4, 5, 6, 9, 9, 1, 2, 3);
    const places = createPlaces(text);
    expect(places.following(3)).toEqual([4, 5, 6]);
    text.push(...tokens(4, 5, 6));
    expect(places.following(2)).toEqual([7, 8]);
  });

  it('finds the same as a search from the end, in a text that grows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 80 }),
        fc.nat(20),
        (list, grow) => {
          const text = tokens(...list.slice(0, Math.max(4, list.length - grow)));
          const places = createPlaces(text);
          places.following(1);
          text.push(...tokens(...list.slice(text.length)));
          const found = places.following(4);
          const end = text.length;
          const stands = (at: number) => [1, 2, 3].every((back) => text[at - back] === text[end - back]);
          const ends = Array.from({ length: end }, (_, at) => at).filter((at) => at >= 3 && stands(at));
          if (ends.length === 0) expect(found).toEqual([]);
          else {
            const continued = (at: number) => {
              const longer: (Token | undefined)[] = [...text];
              while (longer.length < at + 4) longer.push(longer[longer.length - end + at]);
              return longer.slice(at, at + 4);
            };
            expect(ends.map(continued)).toContainEqual(found);
          }
        },
      ),
    );
  });
});

describe('whether guessing pays', () => {
  interface Run {
    readonly steps: number;
    readonly plain: number;
    readonly guesses: number;
  }

  /** Writes an answer; each guessed token is right with the chance that `likely` gives, up to the first that is wrong. */
  const write = (
    gains: ReturnType<typeof createLookupGains>,
    answer: { readonly length: number; readonly cost: number; readonly likely: (at: number) => boolean },
  ): Run => {
    gains.begin();
    let steps = 0;
    let written = 0;
    let guesses = 0;
    const one = (): void => {
      written++;
      gains.wrote();
    };
    while (written < answer.length) {
      const guessed = gains.worth(answer.cost);
      steps += 1 + guessed * answer.cost;
      guesses += guessed;
      let accepted = 0;
      while (accepted < guessed && answer.likely(written)) {
        accepted++;
        one();
      }
      if (guessed > 0) gains.settle({ proposed: guessed, accepted });
      one();
    }
    return { steps, plain: written, guesses };
  };

  it('never costs an answer more than two steps and a hundredth', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.02, max: 1.5, noNaN: true }),
        fc.array(
          fc.record({ length: fc.integer({ min: 1, max: 600 }), pattern: fc.array(fc.boolean(), { minLength: 1 }) }),
          {
            minLength: 1,
            maxLength: 6,
          },
        ),
        (cost, answers) => {
          const gains = createLookupGains({ longest: 8 });
          for (const { length, pattern } of answers) {
            const { steps, plain } = write(gains, {
              length,
              cost,
              likely: (at) => pattern[at % pattern.length] ?? false,
            });
            expect(steps).toBeLessThanOrEqual(plain * 1.01 + 2 + 1e-9);
          }
        },
      ),
    );
  });

  it('halves the steps and more where guesses come true, at a fair cost', () => {
    const { steps, plain } = write(createLookupGains({ longest: 8 }), { length: 400, cost: 0.25, likely: () => true });
    expect(steps).toBeLessThan(plain / 2);
  });

  it('goes nearly silent where they do not, and wakes again when they do', () => {
    const gains = createLookupGains({ longest: 8 });
    write(gains, { length: 500, cost: 0.3, likely: () => false });
    const silent = write(gains, { length: 500, cost: 0.3, likely: () => false });
    expect(silent.guesses).toBeLessThan(40);
    expect(silent.guesses).toBeGreaterThan(0);
    for (let round = 0; round < 5; round++) write(gains, { length: 500, cost: 0.3, likely: () => true });
    const awake = write(gains, { length: 500, cost: 0.3, likely: () => true });
    expect(awake.steps).toBeLessThan(awake.plain * 0.6);
  });

  it('guesses nothing where a checked token costs a whole step', () => {
    expect(write(createLookupGains({ longest: 8 }), { length: 500, cost: 1, likely: () => true }).guesses).toBe(0);
  });

  it('counts', () => {
    const gains = createLookupGains({ longest: 8 });
    gains.settle({ proposed: 4, accepted: 1 });
    gains.settle({ proposed: 2, accepted: 2 });
    expect(gains.counts()).toEqual({ proposed: 6, accepted: 3 });
  });
});

describe('the cost of a guess', () => {
  it('is what a step with guesses takes longer, for each of them, as a share of one without', () => {
    const costs = createStepCosts();
    expect(costs.share()).toBe(0.5);
    // Nothing to compare with yet.
    costs.saw(4, 100);
    expect(costs.share()).toBe(0.5);
    for (let i = 0; i < 100; i++) {
      costs.saw(0, 20);
      costs.saw(4, 20 + 4 * 5);
    }
    expect(Math.abs(costs.share() - 0.25)).toBeLessThan(0.01);
    for (let i = 0; i < 100; i++) costs.saw(1, 900);
    expect(costs.share()).toBeGreaterThan(1);
    expect(costs.share()).toBeLessThanOrEqual(2);
    // Forgotten in time, or nothing would ever be guessed again.
    for (let i = 0; i < 1000; i++) costs.saw(0, 20);
    expect(costs.share()).toBeLessThan(1);
  });
});
