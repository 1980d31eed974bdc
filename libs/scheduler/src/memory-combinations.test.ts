import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelRole } from '@nootropic/contracts';
import { combinations, type Combination } from './memory-plan.ts';
import { fillsGaps, points, rungsOf, type PlanRole } from './memory-rungs.ts';
import { createQueue } from './priority-queue.ts';

/** All combinations at once, then sorted: what the search must give one by one. */
function allAtOnce(roles: readonly PlanRole[]): Combination[] {
  const keeper = roles.find(({ candidates }) => candidates.length > 0)?.role;
  let ways: Combination[] = [{ filled: [], hardship: 0 }];
  for (const wanted of roles) {
    const rungs = rungsOf(wanted);
    ways = ways.flatMap((way) => {
      const chat = way.filled.find((each) => each.wanted.role === 'chat')?.rung;
      const add = (
        rung: (typeof rungs)[number] | undefined,
        hardship: number,
        sharedWith?: ModelRole,
      ): Combination => ({
        filled: [...way.filled, { wanted, rung, sharedWith }],
        hardship: way.hardship + hardship,
      });
      const shares = wanted.role === 'completion' && chat !== undefined && fillsGaps(chat.candidate.header);
      const more = rungs.flatMap((rung) => {
        if (!shares || chat.candidate.ref !== rung.candidate.ref) return [add(rung, rung.hardship)];
        return rung === rungs.find((first) => first.candidate === rung.candidate)
          ? [add(undefined, rung.hardship, 'chat')]
          : [];
      });
      if (shares) more.push(add(undefined, rungs.length === 0 ? 0 : points.sharedCompletion, 'chat'));
      if (wanted.role !== keeper)
        more.push(add(undefined, rungs.length === 0 && !shares ? 0 : points.without[wanted.role]));
      return more;
    });
  }
  return ways.toSorted((a, b) => a.hardship - b.hardship);
}

const candidate = fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'd'),
  quality: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
  gaps: fc.boolean(),
  context: fc.constantFrom(1024, 4096, 16_384),
});
const wanted = (role: ModelRole) =>
  fc.array(candidate, { maxLength: 3 }).map((list): PlanRole => ({
    role,
    candidates: list.map(({ name, quality, gaps, context }) => ({
      ...{ ref: `file:${name}`, name, fileBytes: 1 },
      ...(quality !== undefined && { quality }),
      header: {
        ...{ architecture: 'qwen2', tensorBytes: 1, vocabulary: 1 },
        metadata: {
          'qwen2.context_length': context,
          ...(gaps && {
            'tokenizer.ggml.fim_pre_token_id': 1,
            'tokenizer.ggml.fim_suf_token_id': 2,
            'tokenizer.ggml.fim_mid_token_id': 3,
          }),
        },
      },
    })),
  }));

describe('combinations', () => {
  it('come in the order that sorting all of them gives', () => {
    fc.assert(
      fc.property(wanted('chat'), wanted('completion'), wanted('embedding'), (...roles) => {
        expect([...combinations(roles)].map(({ filled, hardship }) => ({ filled, hardship }))).toEqual(
          allAtOnce(roles).map(({ filled, hardship }) => ({ filled, hardship })),
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe('createQueue', () => {
  it('gives what was added in order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer()), (numbers) => {
        const queue = createQueue<number>((a, b) => a < b);
        for (const number of numbers) queue.add(number);
        expect(numbers.map(() => queue.take())).toEqual(numbers.toSorted((a, b) => a - b));
        expect(queue.take()).toBeUndefined();
      }),
    );
  });
});
