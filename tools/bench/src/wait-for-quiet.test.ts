import { expect, it } from 'vitest';
import type { LoadCounters } from './machine-load.ts';
import { waitForQuiet } from './wait-for-quiet.ts';

/** A machine on which others compute this share of a core in each moment of two seconds, by turns. */
function machine(foreign: readonly number[]) {
  let at = 0;
  let computed = 0;
  let moment = 0;
  return {
    read: (): LoadCounters => ({ at, computed, own: 0 }),
    wait: (ms: number): Promise<void> => {
      at += ms;
      computed += (ms * (foreign[moment++] ?? 0)) / 100;
      return Promise.resolve();
    },
    waited: () => at,
  };
}

const { signal } = new AbortController();

it('goes on after the first quiet moment', async () => {
  const place = machine([80, 50, 1]);
  expect(await waitForQuiet({ signal, ...place })).toEqual([]);
  expect(place.waited()).toBe(6_000);
});

it('says why when its patience ends', async () => {
  const place = machine(Array.from({ length: 100 }, () => 80));
  expect(await waitForQuiet({ signal, patienceMs: 10_000, ...place })).toEqual(['other programs used 80 % of a core']);
  expect(place.waited()).toBe(10_000);
});

it('ends at once when the signal fires', async () => {
  const stop = AbortSignal.abort(new Error('enough'));
  await expect(waitForQuiet({ signal: stop, momentMs: 60_000 })).rejects.toThrow();
});
