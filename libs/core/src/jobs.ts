import {
  newJobSchema,
  NootropicError,
  type Assistant,
  type Job,
  type Queue,
  type Telemetry,
} from '@nootropic/contracts';
import { createJobHandlers, type JobPorts } from './job-handlers.ts';
import { checkPayload } from './job-payloads.ts';
import { createJobWorker } from './job-worker.ts';
import { inRealTime, type Later } from './later.ts';
import { stoppable } from './stoppable.ts';
import { createWebhooks, type WebhookOptions } from './webhooks.ts';

export interface JobsOptions extends JobPorts {
  /** Disposed with the jobs. */
  readonly queue: Queue;
  /** Jobs that run at once here; 0: none. */
  readonly workers: number;
  /** Days for which jobs that are done or cancelled are kept; 0: until they are removed. */
  readonly keepDays: number;
  readonly webhooks: Pick<WebhookOptions, 'fetch' | 'resolve'>;
  readonly telemetry: Telemetry;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  readonly random?: () => number;
  readonly later?: Later;
}

export interface Jobs extends AsyncDisposable {
  readonly requests: Assistant['jobs'];
  /** Begins to work on jobs and to tell webhooks: for a process that stays. */
  start(): void;
  /** Takes no further jobs and gives back those that run, uncounted. */
  drain(): Promise<void>;
  /** Jobs that run here now. */
  readonly running: number;
  /** How many jobs are in each state. Never rejects: where the queue does not answer, as it was last known. */
  count(): ReturnType<Queue['count']>;
}

/** How often a job that somebody watches is looked at, where no news of it comes from this process. */
const watchMs = 500;
const dayMs = 86_400_000;
const forgetAfterMs = 60_000;

/** Jobs: what the contract says of them, the work on them, and the telling of their ends. */
export function createJobs(options: JobsOptions): Jobs {
  const { queue, telemetry, now = Date.now, random = Math.random, later = inRealTime } = options;
  const watchers = new Set<() => void>();
  const changed = (): void => {
    for (const wake of watchers) wake();
    webhooks.wake();
  };
  const webhooks = createWebhooks({ ...options.webhooks, queue, telemetry, now, random, later });
  const worker = createJobWorker({
    ...{ queue, telemetry, now, later, workers: options.workers },
    handlers: createJobHandlers(options),
    onChange: changed,
  });

  let counted: Awaited<ReturnType<Queue['count']>> = { waiting: 0, running: 0, done: 0, dead: 0, cancelled: 0 };

  const one = async (id: string): Promise<Job> => {
    const [job] = await queue.list({ id });
    if (!job) throw new NootropicError('NOT_FOUND', `There is no job ${JSON.stringify(id)}.`);
    return job;
  };

  async function* watch(first: Job, signal: AbortSignal): AsyncGenerator<Job, void> {
    let shown = '';
    let news = Promise.withResolvers<void>();
    const wake = (): void => news.resolve();
    watchers.add(wake);
    signal.addEventListener('abort', wake);
    try {
      for (let job: Job | undefined = first; job && !signal.aborted;) {
        const text = JSON.stringify(job);
        if (text !== shown) yield job;
        shown = text;
        if (job.state !== 'waiting' && job.state !== 'running') return;
        const callOff = later(watchMs, wake);
        await news.promise;
        callOff();
        news = Promise.withResolvers();
        // It may have been forgotten meanwhile: then there is nothing more to see.
        if (!signal.aborted) job = await one(first.id).catch(notThere);
      }
    } finally {
      watchers.delete(wake);
      signal.removeEventListener('abort', wake);
    }
  }

  let callOffForgetting = (): void => {};
  /** Forgets what ended long ago, and again each day. A dead job stays: it waits for a person. */
  const forget = async (): Promise<void> => {
    const before = now() - options.keepDays * dayMs;
    try {
      for (const { id, endedAt = Infinity } of await queue.list({ states: ['done', 'cancelled'] })) {
        if (!isStarted) return;
        if (endedAt < before) await queue.change(id, 'remove').catch(notThere);
      }
    } catch (cause) {
      telemetry.log('warn', 'Jobs that ended long ago could not be removed.', { why: String(cause) });
    }
    if (isStarted) callOffForgetting = later(dayMs, () => void forget());
  };
  let isStarted = false;
  const drain = (): Promise<void> => {
    isStarted = false;
    callOffForgetting();
    return worker.drain();
  };

  return {
    requests: {
      add: async (input) => {
        const job = newJobSchema.parse(input);
        if (job.webhook) await webhooks.check(job.webhook);
        const given = await queue.add({ ...job, payload: { ...checkPayload(job.kind, job.payload) } });
        worker.wake();
        changed();
        return given;
      },
      list: async ({ state, kind, limit }) =>
        queue.list({
          ...(state && { states: [state] }),
          ...(kind !== undefined && { kind }),
          limit: Number(limit ?? 100),
        }),
      show: async ({ id }) => one(id),
      watch: async ({ id }, call?: { readonly signal?: AbortSignal | undefined }) => {
        const first = await one(id);
        return stoppable((signal) => watch(first, signal), call?.signal);
      },
      change: async ({ id, what }) => {
        const job = await queue.change(id, what);
        if (what === 'cancel') worker.cancel(job.id);
        worker.wake();
        changed();
        return job;
      },
    },
    start() {
      worker.start();
      webhooks.start();
      isStarted = true;
      // A process that takes no jobs leaves the queue alone; one that does has more to do at its start.
      if (options.keepDays > 0 && options.workers > 0) callOffForgetting = later(forgetAfterMs, () => void forget());
    },
    drain,
    get running() {
      return worker.running;
    },
    async count() {
      counted = await queue.count().catch(() => ({ ...counted, running: worker.running }));
      return counted;
    },
    async [Symbol.asyncDispose]() {
      await drain();
      await webhooks[Symbol.asyncDispose]();
      await queue[Symbol.asyncDispose]();
    },
  };
}

function notThere(cause: unknown): undefined {
  if (NootropicError.from(cause).code !== 'NOT_FOUND') throw cause;
}
