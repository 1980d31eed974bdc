import { describe, expect, it } from 'vitest';
import { runRandomModelGate } from './random-model-gate.ts';

/** All 2,000 calls are made by the gate `random-model`. */
const slice = 60;

describe('a model of random weights', () => {
  it('changes nothing outside, breaks nothing, and all that it did is undone', { timeout: 300_000 }, async () => {
    const { asked, run, faults, changes, commands } = await runRandomModelGate(slice, 7);
    expect(faults).toEqual([]);
    expect({ asked, run }).toEqual({ asked: slice, run: slice });
    expect(changes).toBeGreaterThan(0);
    expect(commands).toBeGreaterThan(0);
  });
});
