import { expect, it } from 'vitest';
import { createPairMeasure } from './measure-pairs.ts';

const quiet = () => () => false;

it('runs subject, peer, peer, subject, after one run of each that is not counted', async () => {
  const order: string[] = [];
  await createPairMeasure({ pairs: 4, watch: quiet })(
    () => order.push('subject'),
    () => order.push('peer'),
  );
  expect(order).toEqual(['subject', 'peer', ...'subject peer peer subject subject peer peer subject'.split(' ')]);
});

it('is not moved by a machine that slows down evenly', async () => {
  let clock = 1;
  const { ratio, low, high } = await createPairMeasure({ pairs: 20, watch: quiet })(
    () => 2 * (clock += 0.01),
    () => (clock += 0.01),
  );
  expect(ratio).toBeCloseTo(2, 1);
  expect(low).toBeLessThanOrEqual(ratio);
  expect(high).toBeGreaterThanOrEqual(ratio);
});

it('measures a disturbed pair again, and leaves it out', async () => {
  let value = 0;
  const disturbed = [false, true, true, false, false];
  const result = await createPairMeasure({
    pairs: 3,
    watch: () => () => disturbed.shift() ?? false,
  })(
    () => (value += 1),
    () => 1,
    { warmUp: 0 },
  );
  // The second and the third pair were thrown away: 1, 4 and 5 count.
  expect(result).toMatchObject({ pairs: 3, repeated: 2, disturbed: 0, subject: 4 });
  expect(value).toBe(5);
});

it('ends on a machine that is always disturbed, and says so', async () => {
  let runs = 0;
  const result = await createPairMeasure({ pairs: 3, repeats: 2, watch: () => () => true })(
    () => (runs += 1),
    () => 1,
    { warmUp: 0 },
  );
  expect(runs).toBe(5);
  expect(result).toMatchObject({ pairs: 3, repeated: 2, disturbed: 3 });
});

it('stops between two runs when the signal fires', async () => {
  const stop = new AbortController();
  const order: string[] = [];
  const measured = createPairMeasure({ pairs: 3, watch: quiet, signal: stop.signal })(
    () => {
      stop.abort(new Error('enough'));
      return order.push('subject');
    },
    () => order.push('peer'),
    { warmUp: 0 },
  );
  await expect(measured).rejects.toThrow('enough');
  expect(order).toEqual(['subject']);
});
