import { cpus, loadavg } from 'node:os';

/** What the watch reads; a test hands in its own. Milliseconds. */
export interface CoreReadings {
  now(): number;
  /** Time that all cores together were busy. */
  busy(): number;
  /** Time that this process computed. */
  own(): number;
}

const readings: CoreReadings = {
  now: () => performance.now(),
  busy: () => cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0),
  own: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
};

/** Reading costs a fraction of a millisecond per core; a shorter time would also measure little but the clock's ticks. */
const everyMs = 250;
/** What is always busy a little does not cost a thread. */
const tolerance = 0.25;

/**
 * How many cores others leave free now: the physical ones less what was busy in the last moments, without this process's own part; at least 1.
 * Too many threads are far worse than too few: llama.cpp's workers spin at every barrier, and with one core taken by another program two of
 * them were measured to be thirty times slower than one. So it is asked before each unit of work, not once at the load.
 */
export function watchCores(physical: number, read: CoreReadings = readings): () => number {
  let last = { at: read.now(), busy: read.busy(), own: read.own() };
  let free = Math.max(1, Math.floor(physical - (loadavg()[0] ?? 0) + tolerance));
  return () => {
    const at = read.now();
    if (at - last.at < everyMs) return free;
    const next = { at, busy: read.busy(), own: read.own() };
    const others = (next.busy - last.busy - (next.own - last.own)) / (at - last.at);
    last = next;
    if (Number.isFinite(others))
      free = Math.max(1, Math.min(physical, Math.floor(physical - Math.max(0, others) + tolerance)));
    return free;
  };
}
