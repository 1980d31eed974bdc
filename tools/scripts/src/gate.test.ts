import { expect, it } from 'vitest';
import { type Gate, holds, runGate } from './gate.ts';

const gateThat = (run: Gate['run']): Gate => ({ name: 'sample', property: 'It holds.', count: 10, run });

it('holds when all that was asked was run and nothing failed', async () => {
  const outcome = await runGate(
    gateThat(async (count) => ({ asked: count, run: count, failed: 0 })),
    7,
  );
  expect(outcome).toMatchObject({ asked: 10, run: 10, failed: 0, seed: 7 });
  expect(holds(outcome)).toBe(true);
});

it.each([
  ['ran less than was asked', async (count: number) => ({ asked: count, run: count - 1, failed: 0 })],
  ['ran more than was asked', async (count: number) => ({ asked: count, run: count + 1, failed: 0 })],
  ['asks less of itself', async () => ({ asked: 5, run: 5, failed: 0 })],
  ['failed once', async (count: number) => ({ asked: count, run: count, failed: 1 })],
  ['threw', () => Promise.reject(new Error('no disk'))],
])('does not hold when it %s', async (_why, run) => {
  expect(holds(await runGate(gateThat(run), 1))).toBe(false);
});

it('does not hold when nothing was asked', async () => {
  expect(
    holds(
      await runGate(
        gateThat(async (count) => ({ asked: count, run: count, failed: 0 })),
        1,
        0,
      ),
    ),
  ).toBe(false);
});
