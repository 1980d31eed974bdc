import { createMemoryLedger, createResidency, type EvictionPolicy } from '@nootropic/scheduler';
import { createVirtualTime } from './scheduler-clock.ts';
import type { SimulatedModel } from './scheduler-trace.ts';

/** A request for a model at a moment, and for how many milliseconds it is at work. */
export interface StormRequest {
  readonly at: number;
  readonly model: SimulatedModel;
  readonly worksMs: number;
}

/**
 * Requests for models by Zipf's law: the n-th most wanted is asked for 1/n as often as the first. They come at random, so that
 * some overlap.
 */
export function zipfStorm(
  random: () => number,
  models: readonly SimulatedModel[],
  how: { readonly requests: number; readonly everyMs: number },
): StormRequest[] {
  const weights = models.map((_, index) => 1 / (index + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let at = 0;
  return Array.from({ length: how.requests }, () => {
    at += -Math.log(1 - random()) * how.everyMs;
    let left = random() * total;
    const chosen = models.find((_, index) => (left -= weights[index] ?? 0) <= 0) ?? models[0];
    if (chosen === undefined) throw new Error('A storm needs models.');
    return { at, model: chosen, worksMs: 200 + random() * 1_800 };
  });
}

export interface StormResult {
  readonly reloadSeconds: number;
  readonly loads: number;
  /** Loads of a model that was loading or loaded already. */
  readonly twice: number;
  /** Milliseconds from asking to the end of the work. */
  readonly latencies: readonly number[];
}

/** Plays the requests against the scheduler's residency, in virtual time. */
export async function playStorm(
  requests: readonly StormRequest[],
  how: { readonly policy: EvictionPolicy; readonly memory: number },
): Promise<StormResult> {
  const time = createVirtualTime();
  const present = new Set<string>();
  const latencies: number[] = [];
  const result = { reloadSeconds: 0, loads: 0, twice: 0 };
  let taken = 0;
  const machine = {
    read: () =>
      Promise.resolve({
        memoryTotal: how.memory,
        memoryAvailable: how.memory - taken,
        cores: 2,
        coresFree: 2,
        power: 'mains' as const,
        devices: [],
      }),
  };
  const residency = createResidency<AsyncDisposable>({
    clock: time,
    timer: time.timer,
    ledger: createMemoryLedger({ machine, keepFree: () => 0 }),
    policy: how.policy,
  });
  const spec = (model: SimulatedModel) => ({
    what: model.key,
    estimate: () =>
      Promise.resolve({ weights: model.bytes, repack: 0, kvCache: 0, compute: 0, total: model.bytes, gpu: 0 }),
    async load() {
      if (present.has(model.key)) result.twice += 1;
      present.add(model.key);
      result.loads += 1;
      result.reloadSeconds += model.reloadSeconds;
      await time.sleep(model.reloadSeconds * 1_000);
      taken += model.bytes;
      return {
        [Symbol.asyncDispose]: () => {
          taken -= model.bytes;
          present.delete(model.key);
          return Promise.resolve();
        },
      };
    },
  });
  let failure: unknown;
  const ask = async ({ model, worksMs }: StormRequest): Promise<void> => {
    const since = time.now();
    const lease = await residency.use(model.key, spec(model));
    await time.sleep(worksMs);
    lease.release();
    latencies.push(time.now() - since);
  };
  for (const request of requests)
    time.timer(() => void ask(request).catch((error: unknown) => (failure = error)), request.at);
  await time.run();
  if (failure !== undefined) throw failure;
  if (latencies.length < requests.length) throw new Error('Some requests never ended.');
  await residency[Symbol.asyncDispose]();
  return { ...result, latencies };
}

/**
 * The fewest seconds of loading that any policy could spend, knowing all requests: Belady's optimum (1966, "A study of replacement
 * algorithms for virtual-storage computers") for models of different sizes and costs, by dynamic programming over what is in memory.
 */
export function fewestReloadSeconds(requests: readonly StormRequest[], memory: number): number {
  const models = [...new Set(requests.map(({ model }) => model))];
  const sets = Array.from({ length: 2 ** models.length }, (_, set) => models.filter((_each, bit) => (set >> bit) & 1));
  const fits = sets.map((set) => set.reduce((sum, model) => sum + model.bytes, 0) <= memory);
  let costs = sets.map((_, set) => (set === 0 ? 0 : Infinity));
  for (const { model } of requests) {
    const bit = 1 << models.indexOf(model);
    const next = sets.map(() => Infinity);
    for (const [from, cost] of costs.entries()) {
      if (cost === Infinity) continue;
      if (from & bit) {
        next[from] = Math.min(next[from] ?? Infinity, cost);
        continue;
      }
      // Any part of what is there may go; keeping what could stay is never worse, but the sum over all parts is small.
      for (let kept = from; ; kept = (kept - 1) & from) {
        const to = kept | bit;
        if (fits[to] === true) next[to] = Math.min(next[to] ?? Infinity, cost + model.reloadSeconds);
        if (kept === 0) break;
      }
    }
    costs = next;
  }
  return Math.min(...costs);
}
