import {
  NootropicError,
  type ClaimedJob,
  type JobKind,
  type JobOutcome,
  type JobProgress,
  type Queue,
  type Telemetry,
} from '@nootropic/contracts';
import { worthTrying, type JobHandler } from './job-handlers.ts';
import type { Later } from './later.ts';

export interface JobWorkerOptions {
  readonly queue: Queue;
  readonly handlers: Readonly<Record<JobKind, JobHandler>>;
  /** Jobs at once; 0: none are taken. */
  readonly workers: number;
  readonly telemetry: Telemetry;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly later: Later;
  /** Called whenever a job may have changed here. */
  readonly onChange: () => void;
}

export interface JobWorker {
  /** Begins to look for jobs. */
  start(): void;
  /** Looks now, and not when it next would. */
  wake(): void;
  /** Ends the run of this job here, since it was cancelled. */
  cancel(id: string): void;
  /** Takes no further jobs, and gives back those that run. Resolves when all have ended, at the latest after `graceMs` each. */
  drain(): Promise<void>;
  readonly running: number;
}

/** How long a worker may be silent before its job is given to another, in milliseconds: longer than a laptop takes to wake up. */
const leaseMs = 60_000;
/** How often a run renews its lease, and hears of being cancelled elsewhere. */
const beatMs = 2000;
/** How often a worker without work looks for some: another program may have added it. */
const lookMs = 1000;
/** How long it waits where the queue fails. */
const failedMs = 10_000;
/** Progress is written down at most this often. */
const progressMs = 250;
/** How long a run that was told to end may take to do so, before it is left behind. */
const graceMs = 2000;

interface Run {
  readonly claimed: ClaimedJob;
  readonly abort: AbortController;
  why: 'cancelled' | 'drained' | 'late' | undefined;
  readonly over: Promise<void>;
}

/** Works on jobs of a queue, as many at once as it is told. */
export function createJobWorker(options: JobWorkerOptions): JobWorker {
  const { queue, handlers, telemetry, now, later, onChange } = options;
  const runs = new Set<Run>();
  let state: 'new' | 'started' | 'drained' = 'new';
  let looking: Promise<void> | undefined;
  let lookAgain = false;
  let callOff = (): void => {};

  const stop = (run: Run, why: NonNullable<Run['why']>): void => {
    run.why ??= why;
    run.abort.abort(new NootropicError('ABORTED'));
  };

  /** Keeps the lease while a run goes on. What it gives ends that, and writes down how far the run came. */
  const beat = (run: Run): (() => Promise<void>) => {
    let noted: JobProgress | undefined;
    let isOver = false;
    let last = -Infinity;
    let end = (): void => {};
    const report = async (): Promise<void> => {
      const progress = noted;
      noted = undefined;
      last = now();
      const { cancelled } = await queue.report(run.claimed, progress);
      if (cancelled) stop(run, 'cancelled');
      if (progress) onChange();
    };
    const again = (ms: number): void => {
      end();
      if (isOver) return;
      end = later(ms, () => {
        void report()
          .catch((cause: unknown) => telemetry.log('warn', 'A job’s lease could not be renewed.', { why: said(cause) }))
          .finally(() => again(beatMs));
      });
    };
    again(beatMs);
    progressOf.set(run, (progress) => {
      const isFirst = noted === undefined;
      noted = progress;
      if (isFirst) again(Math.max(0, last + progressMs - now()));
    });
    return async () => {
      isOver = true;
      end();
      progressOf.delete(run);
      if (noted) await report().catch(() => undefined);
    };
  };
  const progressOf = new Map<Run, (progress: JobProgress) => void>();

  const outcomeOf = async (run: Run): Promise<JobOutcome> => {
    const { job } = run.claimed;
    const handler = (handlers as Readonly<Record<string, JobHandler | undefined>>)[job.kind];
    const left = Promise.withResolvers<never>();
    let callOffGrace = (): void => {};
    const onAbort = (): void => {
      callOffGrace = later(graceMs, () => left.reject(new NootropicError('ABORTED')));
    };
    run.abort.signal.addEventListener('abort', onAbort, { once: true });
    const callOffLimit = later(job.timeoutMs, () => stop(run, 'late'));
    try {
      if (!handler) throw new NootropicError('INPUT_INVALID', `This version knows no job of kind ${job.kind}.`);
      const work = handler(job.payload, {
        signal: run.abort.signal,
        report: (progress) => progressOf.get(run)?.(progress),
      });
      const result: unknown = await Promise.race([work, left.promise]);
      return { ok: true, result: result ?? null };
    } catch (cause) {
      const thrown = NootropicError.from(cause);
      // Where the whole host ends, a turn may have been stopped before its run was told to.
      if (run.why === 'drained' || (state === 'drained' && thrown.code === 'ABORTED'))
        return { ok: false, givenBack: true };
      const error =
        run.why === 'late'
          ? new NootropicError('JOB_TIMEOUT', `The run took longer than ${String(job.timeoutMs / 1000)} s.`)
          : thrown;
      return { ok: false, error: error.toJSON(), retry: worthTrying(error) };
    } finally {
      callOffLimit();
      callOffGrace();
      run.abort.signal.removeEventListener('abort', onAbort);
      left.promise.catch(() => undefined);
    }
  };

  const work = async (run: Run): Promise<void> => {
    // Another version may have added what this one does not know.
    const kind = run.claimed.job.kind in handlers ? run.claimed.job.kind : 'unknown';
    const startedAt = now();
    const silence = beat(run);
    const outcome = await outcomeOf(run);
    await silence();
    telemetry.time('nootropic_job_seconds', (now() - startedAt) / 1000, { kind });
    try {
      const settled = await queue.settle(run.claimed, outcome);
      const result =
        !outcome.ok && 'givenBack' in outcome ? 'given-back' : outcome.ok ? 'done' : (settled?.state ?? '');
      telemetry.count('nootropic_jobs_total', 1, {
        kind,
        result: settled ? (result === 'waiting' ? 'failed' : result) : 'cancelled',
      });
    } catch (cause) {
      // Its lease ends, and it is run again.
      telemetry.log('error', 'How a job ended could not be written down.', { kind, why: said(cause) });
    }
  };

  const take = (claimed: ClaimedJob): void => {
    const over = Promise.withResolvers<void>();
    const run: Run = { claimed, abort: new AbortController(), why: undefined, over: over.promise };
    runs.add(run);
    onChange();
    void work(run).finally(() => {
      runs.delete(run);
      over.resolve();
      onChange();
      wake();
    });
  };

  const look = async (): Promise<void> => {
    let nextMs = lookMs;
    try {
      while (state === 'started' && runs.size < options.workers) {
        const claimed = await queue.claim({ leaseMs });
        if (!claimed) break;
        if (isStarted()) take(claimed);
        else await queue.settle(claimed, { ok: false, givenBack: true });
      }
      telemetry.gauge('nootropic_jobs_waiting', (await queue.count()).waiting);
    } catch (cause) {
      nextMs = failedMs;
      telemetry.log('warn', 'The queue of jobs failed.', { why: said(cause) });
    }
    if (isStarted()) callOff = later(nextMs, wake);
  };
  /** Asked anew after each wait. */
  const isStarted = (): boolean => state === 'started';

  const wake = (): void => {
    if (state !== 'started') return;
    if (looking) {
      lookAgain = true;
      return;
    }
    callOff();
    looking = look().finally(() => {
      looking = undefined;
      if (!lookAgain) return;
      lookAgain = false;
      wake();
    });
  };

  return {
    start() {
      if (state !== 'new' || options.workers === 0) return;
      state = 'started';
      wake();
    },
    wake,
    cancel(id) {
      for (const run of runs) if (run.claimed.job.id === id) stop(run, 'cancelled');
    },
    async drain() {
      state = 'drained';
      callOff();
      await looking;
      for (const run of runs) stop(run, 'drained');
      await Promise.all([...runs].map(({ over }) => over));
    },
    get running() {
      return runs.size;
    },
  };
}

function said(cause: unknown): string {
  const { code, message } = NootropicError.from(cause);
  return `${code}: ${message}`;
}
