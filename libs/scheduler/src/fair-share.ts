import type { Clock } from './clock.ts';

/**
 * How much of the machine each client has had, in milliseconds of computing divided by the client's weight.
 *
 * This is the virtual token counter of Sheng et al. 2024 ("Fairness in Serving Large Language Models",
 * https://arxiv.org/abs/2401.00588), counted in milliseconds: a token of a prompt and a token of an answer cost
 * differently, milliseconds are what a client really takes from the others. A client that comes back after a pause
 * starts level with the least served one that is active, so that nobody saves up turns. Who makes one call after the other
 * is away for a moment between two of them; that is no pause, or it would lose to those who make several at once.
 */
export interface FairShare {
  /** A client begins to wait or to compute. Calls nest. */
  join(client: string): void;
  leave(client: string): void;
  charge(client: string, milliseconds: number): void;
  /** Milliseconds that this client is ahead of the least served active one; at least 0. */
  lead(client: string): number;
}

export interface FairShareOptions {
  /** Tells a pause from a moment. Without one every absence is a pause. */
  readonly clock?: Clock;
  /** Weights by client; a client of weight 2 gets twice the share. Default 1 each. */
  readonly weights?: Readonly<Record<string, number>>;
}

/** Milliseconds without a call that are still no pause. */
const momentMs = 2_000;

export function createFairShare(options: FairShareOptions = {}): FairShare {
  const active = new Map<string, { count: number; served: number }>();
  const away = new Map<string, { readonly served: number; readonly since: number }>();
  const now = (): number => options.clock?.now() ?? Infinity;
  const weightOf = (client: string): number => Math.max(0.01, options.weights?.[client] ?? 1);
  const least = (): number => Math.min(...[...active.values()].map((entry) => entry.served));

  return {
    join(client) {
      const entry = active.get(client);
      if (entry !== undefined) {
        entry.count += 1;
        return;
      }
      const floor = active.size === 0 ? 0 : least();
      const before = away.get(client);
      const paused = before === undefined || !(now() - before.since <= momentMs);
      active.set(client, { count: 1, served: paused ? Math.max(before?.served ?? 0, floor) : before.served });
      away.delete(client);
    },
    leave(client) {
      const entry = active.get(client);
      if (entry === undefined) return;
      entry.count -= 1;
      if (entry.count > 0) return;
      active.delete(client);
      // With nobody left there is nobody to be ahead of, and the counters need not grow for ever.
      if (active.size === 0) away.clear();
      else away.set(client, { served: entry.served, since: now() });
    },
    charge(client, milliseconds) {
      const entry = active.get(client);
      if (entry !== undefined) entry.served += Math.max(0, milliseconds) / weightOf(client);
    },
    lead(client) {
      const entry = active.get(client);
      return entry === undefined ? 0 : entry.served - least();
    },
  };
}
