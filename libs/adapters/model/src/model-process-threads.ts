import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

/** What the governor reads; a test hands in its own. Milliseconds. */
export interface CoreReadings {
  now(): number;
  /** Time that all cores together were busy. */
  busy(): number;
  /** Time that this process computed. */
  own(): number;
  /** Mean number of cores in use over the last minute: all that is known at the start. */
  load(): number;
  /** Threads of other programs that are running or want to run at this moment; `undefined` where the system does not say. */
  runnable(): number | undefined;
}

/** Chooses the number of threads of each unit of work. */
export interface ThreadGovernor {
  /** Threads for the unit that begins now. */
  choose(kind: 'prompt' | 'write'): number;
  /** What the unit took. */
  observe(unit: { kind: 'prompt' | 'write'; threads: number; tokens: number; ms: number }): void;
}

/** Shorter than this, the clock's ticks of 10 ms are all that is measured. */
const windowMs = 100;
/** What is always busy a little does not cost a thread. */
const tolerance = 0.3;
/** A unit this many times slower than the best was held up by another program. */
const heldUp = 2;
const retryMs = 20_000;
/** What was measured once may have been the disk. */
const soonMs = 500;
const firstPauseMs = 2_000;
const longestPauseMs = 30_000;

interface Measured {
  /** Milliseconds per token, lately. */
  readonly ms: number;
  /** When it is tried again, although another number is faster. */
  readonly retryAt: number;
  /** How long it was left alone after it was held up last; 0 when it was not. */
  readonly pauseMs: number;
}

/**
 * How many threads compute, chosen anew for each unit of work.
 *
 * llama.cpp's workers wait for each other at some hundred barriers per token by spinning. With one core taken by another program, two
 * threads on two cores were measured to be forty times slower than one: each barrier then lasts until the system's scheduler gives the
 * core back. So too many threads are far worse than too few. What others leave free is the bound: by the time that their programs took
 * lately, and by who wants to run right now, where that is so twice in a row (once may be whoever just got a piece of the answer).
 *
 * Below the bound the times measured decide, between the bound and the powers of two below it. A number that is slower than another is tried
 * again for one unit every 20 s; one that was held up by another program after two seconds, then each time later, up to half a minute.
 * Reading a prompt computes more than it waits for the memory, so there fewer threads are tried only after a unit was held up.
 *
 * @param physical cores that compute well together: physical ones, not hyperthreads.
 */
export function createThreadGovernor(physical: number, read: CoreReadings = systemReadings()): ThreadGovernor {
  let last = { at: read.now(), busy: read.busy(), own: read.own() };
  let others = Math.max(0, read.load());
  let waitedBefore = 0;
  const measured = { prompt: new Map<number, Measured>(), write: new Map<number, Measured>() };

  const free = (): number => {
    const at = read.now();
    if (at - last.at >= windowMs) {
      const next = { at, busy: read.busy(), own: read.own() };
      const seen = (next.busy - last.busy - (next.own - last.own)) / (at - last.at);
      if (Number.isFinite(seen)) others = Math.max(0, seen);
      last = next;
    }
    const waiting = Math.max(0, read.runnable() ?? 0);
    const sure = Math.min(waiting, waitedBefore);
    waitedBefore = waiting;
    return Math.max(1, Math.min(physical, Math.floor(physical - Math.max(others, sure) + tolerance)));
  };

  return {
    choose(kind) {
      const known = measured[kind];
      const choices = numbersUpTo(free());
      const held = [...known.values()].some(({ pauseMs }) => pauseMs > 0);
      const untried = choices.find((count) => !known.has(count));
      if (untried !== undefined && (known.size === 0 || kind === 'write' || held)) return untried;
      const tried = choices.flatMap((count) => {
        const one = known.get(count);
        return one === undefined ? [] : [{ count, ...one }];
      });
      const best = tried.reduce((a, b) => (b.ms < a.ms ? b : a), tried[0] ?? { count: choices[0] ?? 1, ms: 0 });
      const again = tried.find(({ count, retryAt }) => count !== best.count && retryAt <= read.now());
      return (again ?? best).count;
    },
    observe({ kind, threads, tokens, ms }) {
      if (!(tokens > 0) || !(ms >= 0)) return;
      const known = measured[kind];
      const seen = ms / tokens;
      const before = known.get(threads);
      const best = Math.min(...[...known.values()].map((one) => one.ms));
      const now = read.now();
      if (threads > 1 && seen > best * heldUp) {
        const pauseMs = before && before.pauseMs > 0 ? Math.min(longestPauseMs, before.pauseMs * 2) : firstPauseMs;
        known.set(threads, { ms: seen, retryAt: now + pauseMs, pauseMs });
        return;
      }
      const fresh = before === undefined || before.pauseMs > 0 || before.ms > seen * heldUp;
      const mean = fresh ? seen : before.ms + 0.2 * (seen - before.ms);
      known.set(threads, { ms: mean, retryAt: now + (before === undefined ? soonMs : retryMs), pauseMs: 0 });
    },
  };
}

/** The number itself and the powers of two below it, largest first. */
function numbersUpTo(bound: number): number[] {
  const numbers = [bound];
  for (let count = 2 ** Math.ceil(Math.log2(bound) - 1); count >= 1; count /= 2) if (count < bound) numbers.push(count);
  return numbers;
}

function systemReadings(): CoreReadings {
  const base = {
    now: () => performance.now(),
    load: () => loadavg()[0] ?? 0,
    own: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    },
  };
  if (process.platform !== 'linux') {
    const busy = (): number =>
      cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
    return { ...base, busy, runnable: () => undefined };
  }
  return { ...base, busy: linuxBusy, runnable: linuxRunnable };
}

/** Busy time of all cores from the first line of /proc/stat, in ticks of 10 ms: user, nice, system, then idle, iowait, irq, softirq, steal. */
function linuxBusy(): number {
  try {
    const ticks =
      readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]?.trim().split(/\s+/).slice(1).map(Number) ?? [];
    return [0, 1, 2, 5, 6, 7].reduce((sum, index) => sum + (ticks[index] ?? 0), 0) * 10;
  } catch {
    return Number.NaN;
  }
}

/** `0.20 0.18 0.12 2/80 11206`: of the fourth field, what comes before the slash is running or ready to run, this thread among it. */
function linuxRunnable(): number | undefined {
  try {
    const count = Number(readFileSync('/proc/loadavg', 'latin1').split(' ')[3]?.split('/')[0]);
    return Number.isFinite(count) ? count - 1 : undefined;
  } catch {
    return undefined;
  }
}
