import {
  NootropicError,
  type ClaimedJob,
  type Job,
  type JobOutcome,
  type NewJob,
  type Queue,
} from '@nootropic/contracts';

export interface MemoryQueueOptions {
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** From 0 up to, but without, 1. Default `Math.random`. */
  readonly random?: () => number;
  /** Default: `job-1`, `job-2`, and so on. */
  readonly newId?: () => string;
}

interface Entry {
  job: Job;
  readonly seq: number;
  readonly secret: string | undefined;
  lease: { readonly id: string; readonly ms: number; until: number } | undefined;
  untold: boolean;
}

/** A queue in memory. It ends with the process; in everything else it is one, but for cron lines, of which it knows `*`, a number and a step of `*`. */
export function createMemoryQueue(options: MemoryQueueOptions = {}): Queue {
  const { now = Date.now, random = Math.random } = options;
  const entries = new Map<string, Entry>();
  let seq = 0;
  let leases = 0;
  const newId = options.newId ?? (() => `job-${String(seq + 1)}`);

  const find = (id: string): Entry => {
    const exact = entries.get(id);
    if (exact) return exact;
    const found = id === '' ? [] : [...entries.values()].filter(({ job }) => job.id.startsWith(id));
    const [only] = found;
    if (only && found.length === 1) return only;
    throw new NootropicError('NOT_FOUND', only ? `"${id}" is ambiguous.` : `There is no job "${id}".`);
  };
  const ours = ({ job, lease }: ClaimedJob): Entry | undefined => {
    const entry = entries.get(job.id);
    return entry?.lease?.id === lease ? entry : undefined;
  };

  /** Puts the job into the state after a run, and says whether its webhook has something to be told. */
  const end = (entry: Entry, outcome: JobOutcome): void => {
    const { job } = entry;
    entry.lease = undefined;
    const time = now();
    if (!outcome.ok && 'givenBack' in outcome) {
      const { startedAt: _, ...rest } = job;
      entry.job = { ...rest, state: 'waiting', attempts: job.attempts - 1, runAt: time };
      return;
    }
    const { error: _, result: __, ...rest } = job;
    const said = outcome.ok ? { result: outcome.result } : { error: outcome.error };
    if (job.cron !== undefined) {
      entry.job = { ...rest, ...said, state: 'waiting', runAt: nextTime(job.cron, time), endedAt: time };
    } else if (outcome.ok) entry.job = { ...rest, ...said, state: 'done', endedAt: time };
    else if (!outcome.retry || job.attempts >= job.retry.attempts)
      entry.job = { ...rest, ...said, state: 'dead', endedAt: time };
    else {
      const { delayMs, maxDelayMs, jitter } = job.retry;
      const wait = Math.min(maxDelayMs, delayMs * 2 ** (job.attempts - 1));
      entry.job = { ...rest, ...said, state: 'waiting', runAt: time + wait * (1 - jitter) + random() * wait * jitter };
      return;
    }
    told(entry);
  };
  const told = (entry: Entry): void => {
    if (!entry.job.webhook) return;
    entry.untold = true;
    entry.job = { ...entry.job, webhook: { ...entry.job.webhook, state: 'waiting', note: '' } };
  };
  const takeLost = (): void => {
    for (const entry of entries.values()) {
      if (!entry.lease || entry.lease.until > now()) continue;
      const again = entry.job.cron === undefined && entry.job.attempts < entry.job.retry.attempts;
      const error = new NootropicError('JOB_LOST').toJSON();
      end(entry, { ok: false, error, retry: false });
      if (!again) continue;
      const { endedAt: _, ...rest } = entry.job;
      entry.untold = false;
      entry.job = { ...rest, state: 'waiting', runAt: now() };
    }
  };

  return {
    async add(given: NewJob) {
      const known = [...entries.values()].find(
        ({ job }) => given.idempotencyKey !== undefined && job.idempotencyKey === given.idempotencyKey,
      );
      if (known) return { job: structuredClone(known.job), added: false };
      const { delayMs, webhook, cron, idempotencyKey, ...rest } = given;
      const createdAt = now();
      const job: Job = {
        ...structuredClone(rest),
        ...(cron !== undefined && { cron }),
        ...(idempotencyKey !== undefined && { idempotencyKey }),
        ...(webhook && { webhook: { url: webhook.url, state: 'waiting', note: '' } }),
        id: newId(),
        state: 'waiting',
        attempts: 0,
        createdAt,
        runAt: cron === undefined ? createdAt + delayMs : nextTime(cron, createdAt + delayMs),
      };
      entries.set(job.id, { job, seq: (seq += 1), secret: webhook?.secret, lease: undefined, untold: false });
      return { job: structuredClone(job), added: true };
    },
    async claim({ kinds, leaseMs = 60_000 }) {
      takeLost();
      const [entry] = [...entries.values()]
        .filter(({ job }) => job.state === 'waiting' && job.runAt <= now() && (kinds?.includes(job.kind) ?? true))
        .sort((a, b) => b.job.priority - a.job.priority || a.seq - b.seq);
      if (!entry) return undefined;
      const { endedAt: _, progress: __, ...rest } = entry.job;
      entry.job = { ...rest, state: 'running', attempts: rest.attempts + 1, startedAt: now() };
      entry.lease = { id: `lease-${String((leases += 1))}`, ms: leaseMs, until: now() + leaseMs };
      return { job: structuredClone(entry.job), lease: entry.lease.id };
    },
    async report(claimed, progress) {
      const entry = ours(claimed);
      if (!entry?.lease) return { cancelled: true };
      entry.lease.until = now() + entry.lease.ms;
      if (progress) entry.job = { ...entry.job, progress: { ...progress } };
      return { cancelled: false };
    },
    async settle(claimed, outcome) {
      const entry = ours(claimed);
      if (!entry) return undefined;
      end(entry, structuredClone(outcome));
      return structuredClone(entry.job);
    },
    async list({ id, states, kind, limit = Infinity } = {}) {
      const all = id === undefined ? [...entries.values()].sort((a, b) => b.seq - a.seq) : [find(id)];
      return all
        .map(({ job }) => job)
        .filter((job) => (states?.includes(job.state) ?? true) && (kind === undefined || job.kind === kind))
        .slice(0, limit)
        .map((job) => structuredClone(job));
    },
    async change(id, what) {
      const entry = find(id);
      const { job } = entry;
      const allowed = {
        cancel: job.state === 'waiting' || job.state === 'running',
        retry: job.state === 'dead' || job.state === 'cancelled',
        remove: job.state !== 'running',
      };
      if (!allowed[what]) throw new NootropicError('INPUT_INVALID', `The job is ${job.state}: it cannot ${what}.`);
      if (what === 'remove') entries.delete(job.id);
      else if (what === 'cancel') {
        entry.lease = undefined;
        entry.job = { ...job, state: 'cancelled', endedAt: now() };
        told(entry);
      } else {
        const { endedAt: _, ...rest } = job;
        entry.untold = false;
        entry.job = {
          ...rest,
          ...{ state: 'waiting', attempts: 0 },
          runAt: job.cron === undefined ? now() : nextTime(job.cron, now()),
        };
      }
      return structuredClone(entry.job);
    },
    async count() {
      const counts = { waiting: 0, running: 0, done: 0, dead: 0, cancelled: 0 };
      for (const { job } of entries.values()) counts[job.state] += 1;
      return counts;
    },
    async untold() {
      return [...entries.values()]
        .filter(({ untold }) => untold)
        .sort((a, b) => (a.job.endedAt ?? 0) - (b.job.endedAt ?? 0))
        .slice(0, 100)
        .map(({ job, secret = '' }) => ({ job: structuredClone(job), secret }));
    },
    async note(id, webhook) {
      const entry = entries.get(id);
      if (!entry) return;
      entry.job = { ...entry.job, webhook: { ...webhook } };
      if (webhook.state !== 'waiting') entry.untold = false;
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** The next time of a cron line after a moment, in UTC. Throws `INPUT_INVALID` for what it does not know. */
function nextTime(line: string, after: number): number {
  const fields = line.trim().split(/\s+/u);
  const known = fields.every((field) => /^(?:\*|\*\/[1-9]\d*|\d+)$/u.test(field));
  if (!known || (fields.length !== 5 && fields.length !== 6))
    throw new NootropicError('INPUT_INVALID', `"${line}" is no cron line.`);
  const [second = '0', minute = '*', hour = '*'] = fields.length === 6 ? fields : ['0', ...fields];
  const fits = (field: string, value: number): boolean =>
    field === '*' || (field.startsWith('*/') ? value % Number(field.slice(2)) === 0 : Number(field) === value);
  const start = Math.floor(after / 1000) + 1;
  for (let time = start; time < start + 86_400; time += 1) {
    const [inMinute, inHour, inDay] = [time % 60, Math.floor(time / 60) % 60, Math.floor(time / 3600) % 24];
    if (fits(second, inMinute) && fits(minute, inHour) && fits(hour, inDay)) return time * 1000;
  }
  throw new NootropicError('INPUT_INVALID', `"${line}" does not come within a day.`);
}
