import {
  NootropicError,
  workClasses,
  type ComputeGate,
  type ComputeLease,
  type ComputeUnit,
} from '@nootropic/contracts';
import { createArrivalForecast } from './arrival-forecast.ts';
import { realTimer, type Clock, type Timer } from './clock.ts';
import { createFairShare, type FairShareOptions } from './fair-share.ts';
import { createSpeedEstimate, type SpeedEstimate } from './speed-estimate.ts';
import {
  classDeadlines,
  createWorkOrder,
  isBackground,
  type WaitingWork,
  type WorkOrderOptions,
} from './work-order.ts';

export interface StepLoopOptions extends WorkOrderOptions, FairShareOptions {
  readonly clock: Clock;
  /** Default: real time. */
  readonly timer?: Timer;
  /** How long a unit may keep more urgent work waiting, in milliseconds, while urgent work waits or is expected. Default 200. */
  readonly blockingMs?: number;
  /**
   * The same for background work while nothing urgent is about: a first keystroke may come at any time. Work that somebody waits for may take
   * twice as long, since larger units are read faster and only a cancel waits for their end. Default 300.
   */
  readonly idleBlockingMs?: number;
  /** For how long after urgent work more of it is expected. Default 5000. */
  readonly watchfulMs?: number;
  /** For how long after urgent work no background work is begun while someone types, so that the next keystroke finds the device free. Default 400. */
  readonly holdMs?: number;
  /** Prompt tokens of one unit at most; a runtime's batch size. Default 512. */
  readonly maxPrefill?: number;
  /** Prompt tokens of one unit at least: smaller chunks cost more than they save. Default 16. */
  readonly minPrefill?: number;
  /** Generated tokens of one unit at most. Default 8. */
  readonly maxDecode?: number;
  /** Work that need not be read again goes before its equals, by at most this many milliseconds. Default 250. */
  readonly localityMs?: number;
  /**
   * Decode units of one group that are computed at the same time: the sequences of one context then share a batch. Default 1: on a
   * processor two at once are no faster than one after the other. On a GPU several cost little more than one.
   */
  readonly together?: number;
}

export interface StepLoopView {
  readonly waiting: readonly {
    readonly jobId: string;
    readonly workClass: ComputeUnit['workClass'];
    readonly waitedMs: number;
  }[];
  /** The units that compute now and since when, on the loop's clock. */
  readonly running: readonly { readonly jobId: string; readonly since: number }[];
  /** Tokens per second lately, by kind of unit and group; kinds without a group under their own name. */
  readonly speeds: Readonly<Record<string, number>>;
}

/** The gate of one device, and a look into it. */
export interface StepLoop extends ComputeGate {
  view(): StepLoopView;
}

interface Waiting extends WaitingWork {
  readonly unit: ComputeUnit;
  readonly grant: () => void;
}

interface Running {
  readonly unit: ComputeUnit;
  readonly since: number;
}

/**
 * Tokens that kernels compute at once with profit: 64 took 202 ms where 48 took 182 and 32 took 121. Whole tiles are as fast as a whole prompt.
 */
const tile = 64;
const smallTile = 16;
/** Prompt tokens of the first unit, while no speed is known: some tenths of a second on a slow machine. */
const firstPrefill = 64;
/** A decode unit that is late by this much goes before newer work of its class: the pace at which people read. */
const readingMs = 100;
/** Completions that come within this time of each other are asked for by someone who types; a single one says nothing about the next. */
const typingMs = 1_000;
/** Between two units of an urgent job its process may have something else to do: no background work slips in for this long. */
const breathMs = 20;
const foregroundFactor = 2;
/** Promises between the end of a unit and the same job's next request, on the high side. */
const turnsToAsk = 16;
/** Jobs not seen for this long are forgotten. */
const forgetMs = 60_000;

/**
 * The step loop: one compute token for one device, given out unit by unit. A unit is a chunk of a prompt, some tokens of an
 * answer, or one text to embed; after each, the next is chosen anew. So work that comes later but is more urgent waits for one
 * unit, not for a whole prompt, and two contexts never compute at once. Only sequences of one context may share a unit (`together`).
 *
 * Prompts are cut so that a chunk lasts at most `blockingMs` at the speed measured lately (chunked prefill: Agrawal et al. 2024,
 * "Sarathi-Serve", https://arxiv.org/abs/2403.02310), larger while nothing urgent is about, and, in the rhythm of the keystrokes seen
 * lately, so that they end before the next one.
 */
export function createStepLoop(options: StepLoopOptions): StepLoop {
  const {
    clock,
    timer = realTimer,
    blockingMs = 200,
    idleBlockingMs = 300,
    watchfulMs = 5_000,
    holdMs = 400,
    maxPrefill = 512,
    minPrefill = 16,
    maxDecode = 8,
    localityMs = 250,
    together = 1,
    ageingMs = 1_000,
  } = options;
  const order = createWorkOrder(options);
  const share = createFairShare(options);
  /** By kind of unit and by group: a model is several times faster than another. */
  const speeds = new Map<string, SpeedEstimate>();
  const waiting = new Set<Waiting>();
  const jobs = new Map<string, { readonly deadline: number; seen: number }>();
  const running = new Set<Running>();
  const forecast = createArrivalForecast(watchfulMs);
  let urgentAt = -Infinity;
  let arrivedAt = -Infinity;
  let types = false;
  let tickets = 0;
  let wake: (() => void) | undefined;

  const speedOf = ({ kind, group = '' }: Pick<ComputeUnit, 'kind' | 'group'>): SpeedEstimate => {
    const key = `${kind} ${group}`;
    const known = speeds.get(key) ?? createSpeedEstimate();
    speeds.set(key, known);
    return known;
  };

  const deadlineOf = (unit: ComputeUnit, now: number): number => {
    for (const [id, job] of jobs) {
      if (now - job.seen <= forgetMs) break;
      jobs.delete(id);
    }
    if (unit.workClass === 'completion' && !jobs.has(unit.jobId)) {
      forecast.note(now);
      types = now - arrivedAt < typingMs;
      arrivedAt = now;
    }
    const job = jobs.get(unit.jobId) ?? { deadline: now + classDeadlines[unit.workClass], seen: now };
    // Kept in the order of when a job was last seen, so that the oldest are found at the front.
    jobs.delete(unit.jobId);
    jobs.set(unit.jobId, { ...job, seen: now });
    return unit.kind === 'decode' ? now + readingMs : job.deadline;
  };

  /** How long a unit that begins now may last, in milliseconds. */
  const boundOf = (unit: ComputeUnit, now: number): number => {
    if ([...waiting].some((work) => work.workClass === 'completion')) return blockingMs;
    if (now - urgentAt < watchfulMs) {
      const free = forecast.freeFor(now);
      // Where the rhythm is known a unit ends before the next beat; half the bound is what the smallest chunks cost.
      return free === undefined ? blockingMs : Math.min(idleBlockingMs, Math.max(blockingMs / 2, free));
    }
    return isBackground(unit.workClass) ? idleBlockingMs : idleBlockingMs * foregroundFactor;
  };

  const sizeOf = (unit: ComputeUnit, now: number): number => {
    const wanted = Math.max(1, Math.floor(unit.tokens));
    const speed = speedOf(unit).tokensPerSecond();
    const bound = boundOf(unit, now);
    const affordable = speed === undefined ? undefined : Math.floor((bound / 1_000) * speed);
    if (unit.kind === 'embed') return clamp(affordable ?? wanted, 1, wanted);
    if (unit.kind === 'decode') return clamp(affordable ?? 1, 1, Math.min(wanted, waiting.size > 0 ? 1 : maxDecode));
    const most = Math.min(wanted, maxPrefill);
    const least = Math.min(bound >= idleBlockingMs ? tile : minPrefill, maxPrefill);
    return inTiles(clamp(affordable ?? firstPrefill, least, most), most);
  };

  /** Whether a unit may begin beside those that compute now. */
  const fitsBeside = ({ unit }: Waiting): boolean =>
    running.size === 0 ||
    (running.size < together &&
      unit.group !== undefined &&
      [unit, ...[...running].map((each) => each.unit)].every(
        ({ kind, group }) => kind === 'decode' && group === unit.group,
      ));

  /**
   * Milliseconds for which background work is not begun yet: a moment after the last keystroke, and, where it cannot be cut, while the next
   * keystroke would probably find it under way. Work that has waited too long counts as urgent itself.
   */
  const heldFor = (work: Waiting, now: number): number => {
    if (!isBackground(work.workClass) || now - work.since >= ageingMs * workClasses.length) return 0;
    if (now - urgentAt >= watchfulMs) return 0;
    const moment = Math.max(0, urgentAt + (types ? holdMs : Math.min(holdMs, breathMs)) - now);
    const free = forecast.freeFor(now);
    if (free === undefined || free < moment) return moment;
    const speed = speedOf(work.unit).tokensPerSecond();
    if (work.unit.kind !== 'embed' || speed === undefined) return 0;
    return (work.unit.tokens / speed) * 1_000 > free + blockingMs / 2 ? free + 1 : 0;
  };

  const dispatch = (): void => {
    for (;;) {
      const now = clock.now();
      const ready = [...waiting].filter((work) => fitsBeside(work) && heldFor(work, now) <= 0);
      const next = order.next(ready, now, (client) => share.lead(client));
      if (next === undefined) break;
      waiting.delete(next);
      next.grant();
    }
    if (waiting.size === 0 || running.size > 0 || wake !== undefined) return;
    const now = clock.now();
    wake = timer(
      () => {
        wake = undefined;
        dispatch();
      },
      Math.max(1, Math.min(...[...waiting].map((work) => heldFor(work, now)))),
    );
  };

  /**
   * Whoever has just finished a unit asks for the next one some promises later. To choose before that would let other work in between every
   * two units of the most urgent job.
   */
  const dispatchSoon = async (): Promise<void> => {
    for (let turn = 0; turn < turnsToAsk; turn += 1) await Promise.resolve();
    dispatch();
  };

  const lease = (unit: ComputeUnit): ComputeLease => {
    const own: Running = { unit, since: clock.now() };
    const tokens = sizeOf(unit, own.since);
    running.add(own);
    let released = false;
    return {
      tokens,
      release(evaluated = tokens) {
        if (released) return;
        released = true;
        const took = Math.max(0, clock.now() - own.since);
        speedOf(unit).add(evaluated, took);
        // Those who shared the unit share its time.
        share.charge(unit.client, took / running.size);
        share.leave(unit.client);
        if (unit.workClass === 'completion') urgentAt = clock.now();
        running.delete(own);
        void dispatchSoon();
      },
    };
  };

  /** What of its prompt the model still holds, as time that it need not take. */
  const creditOf = ({ held = 0, kind, group }: ComputeUnit): number => {
    const speed = speedOf({ kind, ...(group !== undefined && { group }) }).tokensPerSecond();
    return speed === undefined ? 0 : Math.min(localityMs, (held / speed) * 1_000);
  };

  return {
    async acquire(unit, signal) {
      if (signal?.aborted === true) throw new NootropicError('ABORTED');
      const now = clock.now();
      if (unit.workClass === 'completion') urgentAt = now;
      share.join(unit.client);
      return new Promise<ComputeLease>((resolve, reject) => {
        const entry: Waiting = {
          unit,
          workClass: unit.workClass,
          client: unit.client,
          since: now,
          deadline: deadlineOf(unit, now),
          credit: unit.kind === 'prefill' ? creditOf(unit) : 0,
          ticket: tickets++,
          grant: () => {
            signal?.removeEventListener('abort', onAbort);
            resolve(lease(unit));
          },
        };
        const onAbort = (): void => {
          waiting.delete(entry);
          share.leave(unit.client);
          reject(new NootropicError('ABORTED'));
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        waiting.add(entry);
        dispatch();
      });
    },
    view: () => ({
      waiting: [...waiting].map((work) => ({
        jobId: work.unit.jobId,
        workClass: work.workClass,
        waitedMs: clock.now() - work.since,
      })),
      running: [...running].map(({ unit, since }) => ({ jobId: unit.jobId, since })),
      speeds: Object.fromEntries(
        [...speeds].flatMap(([key, speed]) => {
          const value = speed.tokensPerSecond();
          return value === undefined ? [] : [[key.trim(), value]];
        }),
      ),
    }),
  };
}

/** The size in whole tiles; little that would be left of a prompt for a chunk of its own comes along. */
function inTiles(size: number, most: number): number {
  const step = size >= tile * 0.75 ? tile : smallTile;
  // Three quarters of a tile take nearly as long as the whole.
  const whole = Math.max(step, Math.floor((size + step / 4) / step) * step);
  return most - whole < Math.max(smallTile, whole / 4) ? most : whole;
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(Math.min(value, most), Math.min(least, most), 1);
}
