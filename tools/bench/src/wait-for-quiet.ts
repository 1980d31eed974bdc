import { setTimeout as sleep } from 'node:timers/promises';
import { readLoad, reasonsToWait, sharesBetween, type LoadCounters } from './machine-load.ts';

export interface QuietOptions {
  readonly signal: AbortSignal;
  /** How long to wait for a quiet moment, in milliseconds. Default a minute. */
  readonly patienceMs?: number;
  /** How long a moment is. Default 2000. */
  readonly momentMs?: number;
  readonly read?: () => LoadCounters;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Waits until nothing else computes on this machine. What speaks against measuring when the patience ends; empty when it is quiet.
 * Call it while nothing of one's own computes.
 */
export async function waitForQuiet(options: QuietOptions): Promise<string[]> {
  const { signal, patienceMs = 60_000, momentMs = 2_000, read = readLoad } = options;
  const wait = options.wait ?? ((ms, stop) => sleep(ms, undefined, { signal: stop }));
  const start = read();
  let before = start;
  for (;;) {
    await wait(momentMs, signal);
    const after = read();
    const reasons = reasonsToWait(sharesBetween(before, after));
    if (reasons.length === 0 || after.at - start.at >= patienceMs) return reasons;
    before = after;
  }
}
