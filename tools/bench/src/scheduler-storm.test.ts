import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '@nootropic/testing';
import { fewestReloadSeconds, playStorm, zipfStorm, type StormRequest } from './scheduler-storm.ts';
import { simulatedModels, type SimulatedModel } from './scheduler-trace.ts';

const model = (key: string, reloadSeconds: number): SimulatedModel => ({ key, bytes: 100, reloadSeconds, speed: 1 });
const a = model('a', 1);
const b = model('b', 2);
const c = model('c', 5);
const apart = (models: readonly SimulatedModel[]): StormRequest[] =>
  models.map((each, index) => ({ at: index * 60_000, model: each, worksMs: 100 }));

describe('a model-swap storm', () => {
  it('knows the fewest seconds of loading, which no policy undercuts', async () => {
    // Room for two: c stays, a and b take turns.
    const requests = apart([a, c, b, c, a, c]);
    expect(fewestReloadSeconds(requests, 200)).toBe(1 + 5 + 2 + 1);
    expect(fewestReloadSeconds(requests, 300)).toBe(1 + 5 + 2);
    for (const seed of [1, 2, 3]) {
      const storm = zipfStorm(createSeededRandom(seed), [c, a, b], { requests: 200, everyMs: 30_000 });
      const least = fewestReloadSeconds(storm, 200);
      for (const policy of ['gdsf', 'lru'] as const)
        expect((await playStorm(storm, { policy, memory: 200 })).reloadSeconds).toBeGreaterThanOrEqual(least);
    }
  });

  it('counts what LRU loads', async () => {
    const played = await playStorm(apart([a, b, c, a, b]), { policy: 'lru', memory: 200 });
    expect(played).toMatchObject({ loads: 5, reloadSeconds: 1 + 2 + 5 + 1 + 2, twice: 0 });
    expect(played.latencies).toEqual([1_100, 2_100, 5_100, 1_100, 2_100]);
  });

  it('is cheaper by use and cost than by LRU, and loads nothing twice at once', async () => {
    const { completion, chat, large } = simulatedModels;
    const storm = zipfStorm(createSeededRandom(7), [large, completion, chat], { requests: 300, everyMs: 20_000 });
    const memory = 5.5 * 1024 ** 3;
    const gdsf = await playStorm(storm, { policy: 'gdsf', memory });
    const lru = await playStorm(storm, { policy: 'lru', memory });
    expect(gdsf.reloadSeconds).toBeLessThan(lru.reloadSeconds * 0.8);
    expect(gdsf.twice + lru.twice).toBe(0);
  });
});
