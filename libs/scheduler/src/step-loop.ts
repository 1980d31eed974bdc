import { NootropicError, type ComputeGate, type ComputeLease, type ComputeUnit } from '@nootropic/contracts';
import type { Clock } from './clock.ts';
import { createFairShare, type FairShareOptions } from './fair-share.ts';
import { createSpeedEstimate } from './speed-estimate.ts';
import { classDeadlines, createWorkOrder, type WaitingWork, type WorkOrderOptions } from './work-order.ts';

export interface StepLoopOptions extends WorkOrderOptions, FairShareOptions {
  readonly clock: Clock;
  /** How long a unit may keep more urgent work waiting, in milliseconds. Default 200. */
  readonly blockingMs?: number;
  /** The same while nobody waits and nobody asked for something urgent lately. Default 1000. */
  readonly idleBlockingMs?: number;
  /** For how long after urgent work more of it is expected. Default 5000. */
  readonly watchfulMs?: number;
  /** Prompt tokens of one unit at most; a runtime's batch size. Default 512. */
  readonly maxPrefill?: number;
  /** Prompt tokens of one unit at least: smaller chunks cost more than they save. Default 16. */
  readonly minPrefill?: number;
  /** Generated tokens of one unit at most. Default 8. */
  readonly maxDecode?: number;
}

export interface StepLoopView {
  readonly waiting: readonly {
    readonly jobId: string;
    readonly workClass: ComputeUnit['workClass'];
    readonly waitedMs: number;
  }[];
  /** The unit that computes now and since when, on the loop's clock. */
  readonly running: { readonly jobId: string; readonly since: number } | undefined;
  readonly prefillTokensPerSecond: number | undefined;
  readonly decodeTokensPerSecond: number | undefined;
}

/** The gate of one device, and a look into it. */
export interface StepLoop extends ComputeGate {
  view(): StepLoopView;
}

interface Waiting extends WaitingWork {
  readonly unit: ComputeUnit;
  readonly grant: () => void;
}

/** Prompt tokens of the first unit, while no speed is known: some tenths of a second on a slow machine. */
const firstPrefill = 64;
/** A decode unit that is late by this much goes before newer work of its class: the pace at which people read. */
const readingMs = 100;
/** Jobs not seen for this long are forgotten. */
const forgetMs = 60_000;

/**
 * The step loop: one compute token for one device, given out unit by unit. A unit is a chunk of a prompt, some tokens of an
 * answer, or one text to embed; after each, the next is chosen anew. So work that comes later but is more urgent waits for one
 * unit, not for a whole prompt, and two contexts never compute at once.
 *
 * Prompts are cut so that a chunk lasts at most `blockingMs` at the speed measured lately (chunked prefill: Agrawal et al. 2024,
 * "Sarathi-Serve", https://arxiv.org/abs/2403.02310), and larger while nothing urgent is about.
 */
export function createStepLoop(options: StepLoopOptions): StepLoop {
  const {
    clock,
    blockingMs = 200,
    idleBlockingMs = 1_000,
    watchfulMs = 5_000,
    maxPrefill = 512,
    minPrefill = 16,
    maxDecode = 8,
  } = options;
  const order = createWorkOrder(options);
  const share = createFairShare(options);
  const speeds = { prefill: createSpeedEstimate(), decode: createSpeedEstimate(), embed: createSpeedEstimate() };
  const waiting = new Set<Waiting>();
  const jobs = new Map<string, { readonly deadline: number; seen: number }>();
  let running: { readonly jobId: string; readonly since: number } | undefined;
  let urgentAt = -Infinity;
  let tickets = 0;

  const deadlineOf = (unit: ComputeUnit, now: number): number => {
    for (const [id, job] of jobs) {
      if (now - job.seen <= forgetMs) break;
      jobs.delete(id);
    }
    const job = jobs.get(unit.jobId) ?? { deadline: now + classDeadlines[unit.workClass], seen: now };
    // Kept in the order of when a job was last seen, so that the oldest are found at the front.
    jobs.delete(unit.jobId);
    jobs.set(unit.jobId, { ...job, seen: now });
    return unit.kind === 'decode' ? now + readingMs : job.deadline;
  };

  const sizeOf = (unit: ComputeUnit, now: number): number => {
    const wanted = Math.max(1, Math.floor(unit.tokens));
    if (unit.kind === 'embed') return wanted;
    const watchful = waiting.size > 0 || now - urgentAt < watchfulMs;
    const bound = watchful ? blockingMs : idleBlockingMs;
    const speed = speeds[unit.kind].tokensPerSecond();
    const affordable = speed === undefined ? undefined : Math.floor((bound / 1_000) * speed);
    if (unit.kind === 'decode') return clamp(affordable ?? 1, 1, Math.min(wanted, waiting.size > 0 ? 1 : maxDecode));
    return clamp(affordable ?? firstPrefill, Math.min(minPrefill, maxPrefill), Math.min(wanted, maxPrefill));
  };

  const dispatch = (): void => {
    if (running !== undefined || waiting.size === 0) return;
    const next = order.next([...waiting], clock.now(), (client) => share.lead(client));
    if (next === undefined) return;
    waiting.delete(next);
    next.grant();
  };

  const lease = (unit: ComputeUnit): ComputeLease => {
    const since = clock.now();
    const current = { jobId: unit.jobId, since };
    running = current;
    const tokens = sizeOf(unit, since);
    let released = false;
    return {
      tokens,
      release(evaluated = tokens) {
        if (released) return;
        released = true;
        const took = Math.max(0, clock.now() - since);
        speeds[unit.kind].add(Math.min(evaluated, tokens), took);
        share.charge(unit.client, took);
        share.leave(unit.client);
        if (unit.workClass === 'completion') urgentAt = clock.now();
        running = undefined;
        dispatch();
      },
    };
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
      running,
      prefillTokensPerSecond: speeds.prefill.tokensPerSecond(),
      decodeTokensPerSecond: speeds.decode.tokensPerSecond(),
    }),
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(Math.min(value, most), Math.min(least, most), 1);
}
