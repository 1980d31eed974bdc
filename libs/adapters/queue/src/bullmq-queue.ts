import { randomUUID } from 'node:crypto';
import { NootropicError, type Job, type Queue } from '@nootropic/contracts';
import type * as bullmq from 'bullmq';
import type { Redis } from 'ioredis';
import { begun, changed, jobOf, lost, settled } from './job-rules.ts';
import { createRedisJobs, queueError, type JobRecord, type RedisJobs } from './redis-jobs.ts';

export interface BullmqQueueOptions {
  /** `redis://HOST:PORT[/DATABASE]`, or `rediss://` for TLS; user and password go before the host, as in any URL. */
  readonly url: string;
  /** What the names of all its keys begin with. Default `nootropic`. */
  readonly prefix?: string;
  /** How often runs whose lease has ended are looked for, in milliseconds. Such a run is found within two of these. Default 5000. */
  readonly stalledMs?: number;
  /** How long a call may take before the queue counts as unreachable, in milliseconds. Default 10 000. */
  readonly patienceMs?: number;
  /** From 0 up to, but without, 1. Default `Math.random`. */
  readonly random?: () => number;
  /** Default: UUIDs. They must not be numbers, nor hold a colon. */
  readonly newId?: () => string;
}

interface Parts {
  readonly redis: Redis;
  readonly jobs: RedisJobs;
  readonly tickets: bullmq.Queue;
  readonly worker: () => Promise<bullmq.Worker>;
  close(): Promise<void>;
}

/** How long a lease lasts where the worker does not say, in milliseconds. */
const defaultLeaseMs = 60_000;
/** BullMQ counts priorities from 1, the highest, up. */
const mostPriority = 101;

/**
 * Jobs on a Redis that several machines share. BullMQ (https://docs.bullmq.io) decides what runs next, when, and which runs were lost: for each
 * job that is not over there is a ticket in a queue of it. What is known of a job lies beside it, since BullMQ has no jobs that are cancelled,
 * that wait for a cron line of their own, or that keep a key for good. The record decides: a ticket without a job that may run is thrown away, and
 * a job that waits without a ticket gets one when a worker starts. Time is the clock of each machine.
 *
 * It is as durable as the Redis is: with `appendonly yes` and `appendfsync always` as much as the SQLite queue. Rejects with `QUEUE_UNREACHABLE`.
 */
export function createBullmqQueue(options: BullmqQueueOptions): Queue {
  const { url, prefix = 'nootropic', patienceMs = 10_000, random = Math.random, newId = randomUUID } = options;
  const now = Date.now;
  let opening: Promise<Parts> | undefined;
  const parts = (): Promise<Parts> => (opening ??= open({ ...options, prefix }));
  const held = new Map<string, bullmq.Job>();

  const within = async <Result>(work: (open: Parts) => Promise<Result>): Promise<Result> => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`no answer within ${String(patienceMs)} ms`)), patienceMs);
    const asked = (async () => {
      const open = await parts();
      await open.redis.ping();
      return work(open);
    })();
    try {
      return await Promise.race([asked, late.promise]);
    } catch (cause) {
      asked.catch(() => undefined);
      throw queueError(cause, url);
    } finally {
      clearTimeout(timer);
    }
  };

  /** Lets a ticket go, whatever became of it. */
  const drop = async ({ jobs, tickets }: Parts, ticket: bullmq.Job, token: string): Promise<void> => {
    // Where the lock is gone the ticket is found stalled, offered again, and dropped then.
    await ticket.moveToCompleted(null, token, false).catch(() => undefined);
    // Somebody may have let the job try again while its old ticket was still there.
    const record = await jobs.read(ticket.id ?? '');
    if (record?.job.state === 'waiting') await addTicket(tickets, record.job);
  };
  const postpone = async (ticket: bullmq.Job, token: string, runAt: number): Promise<void> => {
    await (runAt > now() ? ticket.moveToDelayed(runAt, token) : ticket.moveToWait(token)).catch(() => undefined);
  };

  /** Makes the job of a ticket run, where it may. */
  const start = async (
    open: Parts,
    ticket: bullmq.Job,
    { token, leaseMs }: { readonly token: string; readonly leaseMs: number },
  ): Promise<Job | undefined> => {
    const id = ticket.id ?? '';
    let early: number | undefined;
    const record = await open.jobs.update(id, (known) => {
      early = undefined;
      const { lease: _, leaseMs: __, ...rest } = known;
      let { job } = known;
      if (job.state === 'running') {
        const after = lost(job, now());
        if (after.job.state !== 'waiting' || after.job.runAt > now()) {
          return { ...rest, job: after.job, ...(after.tells && { untold: true }) };
        }
        ({ job } = after);
      }
      if (job.state !== 'waiting') return undefined;
      if (job.runAt > now()) {
        early = job.runAt;
        return undefined;
      }
      return { ...rest, job: begun(job, now()), lease: token, leaseMs };
    });
    if (record?.lease === token) {
      await ticket.extendLock(token, leaseMs);
      held.set(token, ticket);
      return record.job;
    }
    const runAt = early ?? (record?.job.state === 'waiting' ? record.job.runAt : undefined);
    await (runAt === undefined ? drop(open, ticket, token) : postpone(ticket, token, runAt));
    return undefined;
  };

  return {
    add: (given) =>
      within(async ({ jobs, tickets }) => {
        const job = jobOf(given, { id: newId(), now: now() });
        const { record, added } = await jobs.create({ job, ...(given.webhook && { secret: given.webhook.secret }) });
        // Also for one that is there: whoever added it may have been killed in between.
        if (record.job.state === 'waiting') await addTicket(tickets, record.job);
        return { job: record.job, added };
      }),
    claim: ({ kinds, leaseMs = defaultLeaseMs }) =>
      within(async (open) => {
        const worker = await open.worker();
        const passed: { readonly ticket: bullmq.Job; readonly token: string }[] = [];
        try {
          for (;;) {
            const token = randomUUID();
            const ticket = (await worker.getNextJob(token, { block: false })) as bullmq.Job | undefined;
            if (!ticket) return undefined;
            if (kinds && !kinds.includes(ticket.name)) passed.push({ ticket, token });
            else {
              const job = await start(open, ticket, { token, leaseMs });
              if (job) return { job, lease: token };
            }
          }
        } finally {
          // Last come, first put back: they then stand as they stood.
          for (const { ticket, token } of passed.toReversed()) await postpone(ticket, token, 0);
        }
      }),
    report: ({ job: { id }, lease }, progress) =>
      within(async ({ jobs }) => {
        const ticket = held.get(lease);
        const record = await jobs.read(id);
        const mine = record?.lease === lease && record.job.state === 'running';
        if (!mine || !ticket || (await ticket.extendLock(lease, record.leaseMs ?? defaultLeaseMs)) !== 1) {
          return { cancelled: true };
        }
        if (!progress) return { cancelled: false };
        const noted = await jobs.update(id, (known) =>
          known.lease === lease ? { ...known, job: { ...known.job, progress } } : undefined,
        );
        return { cancelled: noted === undefined };
      }),
    settle: ({ job: { id }, lease }, outcome) =>
      within(async (open) => {
        const ticket = held.get(lease);
        held.delete(lease);
        const record = await open.jobs.update(id, ({ lease: holder, leaseMs: _, version: __, ...rest }) => {
          if (holder !== lease) return undefined;
          const { job, tells } = settled(rest.job, outcome, { now: now(), random });
          return { ...rest, job, ...(tells && { untold: true }) };
        });
        if (ticket && record?.job.state === 'waiting') await postpone(ticket, lease, record.job.runAt);
        else if (ticket) await drop(open, ticket, lease);
        return record?.job;
      }),
    list: ({ id, states, kind, limit = Infinity } = {}) =>
      within(async ({ jobs }) => {
        const fits = ({ job }: JobRecord): boolean =>
          (states?.includes(job.state) ?? true) && (kind === undefined || job.kind === kind);
        const found: Job[] = [];
        if (id !== undefined) {
          const record = await jobs.read(await jobs.idOf(id));
          if (!record) throw new NootropicError('NOT_FOUND', `There is no job ${JSON.stringify(id)} any more.`);
          return fits(record) && limit > 0 ? [record.job] : [];
        }
        for await (const record of jobs.all()) {
          if (found.length >= limit) break;
          if (fits(record)) found.push(record.job);
        }
        return found;
      }),
    change: (asked, what) =>
      within(async ({ jobs, tickets }) => {
        const id = await jobs.idOf(asked);
        const record = await jobs.update(id, ({ lease: _, leaseMs: __, version: ___, ...rest }) => {
          const { job, tells } = changed(rest.job, what, now());
          return what === 'remove' ? 'remove' : { ...rest, job, untold: tells };
        });
        if (!record) throw new NootropicError('NOT_FOUND', `There is no job ${JSON.stringify(asked)} any more.`);
        // A ticket that somebody holds stays until he lets it go, or loses it.
        if (what === 'retry') await addTicket(tickets, record.job);
        else await tickets.remove(id);
        return record.job;
      }),
    count: () => within(({ jobs }) => jobs.count()),
    untold: () => within(async ({ jobs }) => (await jobs.untold(100)).map(({ job, secret = '' }) => ({ job, secret }))),
    note: (id, webhook) =>
      within(async ({ jobs }) => {
        await jobs.update(id, ({ version: _, ...rest }) => ({
          ...rest,
          job: { ...rest.job, webhook },
          ...(webhook.state !== 'waiting' && { untold: false }),
        }));
      }),
    async [Symbol.asyncDispose]() {
      const open = await opening?.catch(() => undefined);
      await open?.close();
    },
  };
}

/** BullMQ keeps one ticket for one id: a second one is no further ticket. */
async function addTicket(tickets: bullmq.Queue, { id, kind, priority, runAt }: Job): Promise<void> {
  await tickets.add(
    kind,
    {},
    {
      jobId: id,
      priority: mostPriority - priority,
      delay: Math.max(0, runAt - Date.now()),
      removeOnComplete: true,
      removeOnFail: true,
    },
  );
}

/** Loads the libraries and connects. Nothing of it is paid for where the queue is another one. */
async function open({ url, prefix, stalledMs = 5000 }: BullmqQueueOptions & { prefix: string }): Promise<Parts> {
  const [{ Queue: Tickets, Worker }, { Redis: Client }] = await Promise.all([import('bullmq'), import('ioredis')]);
  // What fails is said by the call that failed.
  const quiet = (): void => undefined;
  // Made here and not by BullMQ, which looks for the library in a way that no bundle survives.
  const connect = (maxRetriesPerRequest: number | null): Redis =>
    new Client(url, {
      maxRetriesPerRequest,
      connectTimeout: 3000,
      retryStrategy: (times) => Math.min(5000, times * 200),
    }).on('error', quiet);
  const redis = connect(1);
  const connections = [redis];
  const name = 'tickets';
  const tickets = new Tickets(name, { connection: redis, prefix });
  tickets.on('error', quiet);
  const jobs = createRedisJobs(redis, prefix);
  let working: Promise<bullmq.Worker> | undefined;
  const work = async (): Promise<bullmq.Worker> => {
    // It waits for a connection that is lost, as BullMQ wants it of a worker.
    const connection = connect(null);
    connections.push(connection);
    const worker = new Worker(name, null, {
      connection,
      ...{ prefix, autorun: false, stalledInterval: stalledMs, lockDuration: defaultLeaseMs },
      // How often a job may be lost is its own to say.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
    });
    worker.on('error', quiet);
    for await (const { job } of jobs.all()) if (job.state === 'waiting') await addTicket(tickets, job);
    await worker.startStalledCheckTimer();
    return worker;
  };
  return {
    redis,
    jobs,
    tickets,
    worker: () => {
      working ??= work();
      working.catch(() => (working = undefined));
      return working;
    },
    async close() {
      await (await working?.catch(() => undefined))?.close(true);
      await tickets.close();
      for (const connection of connections) connection.disconnect();
    },
  };
}
