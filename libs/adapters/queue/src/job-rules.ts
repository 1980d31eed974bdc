import { NootropicError, type Job, type JobOutcome, type NewJob, type Retry } from '@nootropic/contracts';
import { Cron } from 'croner';

/** A job after a change, and whether its webhook has something to be told now. */
export interface Ruled {
  readonly job: Job;
  readonly tells: boolean;
}

export type JobChange = 'cancel' | 'retry' | 'remove';

/**
 * The next time of a cron line after a moment, in milliseconds since 1970, in the time zone of the machine. What a line means, also where clocks
 * are put forward or back, is croner's (https://croner.56k.guru). Throws `INPUT_INVALID` for a line that is none, or that never comes.
 */
export function nextCronTime(line: string, after: number): number {
  let next: Date | null;
  try {
    next = new Cron(line, { mode: '5-or-6-parts', paused: true }).nextRun(new Date(after));
  } catch (cause) {
    throw new NootropicError(
      'INPUT_INVALID',
      `"${line}" is no cron line: ${cause instanceof Error ? cause.message : ''}`,
      {
        cause,
        hint: 'Give five fields (minute, hour, day, month, weekday), or six with seconds first: `0 3 * * *` is three at night.',
      },
    );
  }
  if (next === null) throw new NootropicError('INPUT_INVALID', `The time of "${line}" never comes.`);
  return next.getTime();
}

/**
 * Milliseconds to wait after the run of this number: it doubles each time up to a limit, and of it a share is left to chance, so that jobs that
 * failed together do not come back together (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 */
export function retryWait({ delayMs, maxDelayMs, jitter }: Retry, run: number, random: () => number): number {
  const wait = Math.min(maxDelayMs, delayMs * 2 ** (run - 1));
  return Math.round(wait * (1 - jitter) + random() * wait * jitter);
}

/** The job that a new one becomes, without its webhook's secret. */
export function jobOf({ delayMs, webhook, cron, ...given }: NewJob, { id, now }: { id: string; now: number }): Job {
  const { idempotencyKey, ...rest } = given;
  return {
    ...rest,
    id,
    state: 'waiting',
    attempts: 0,
    createdAt: now,
    runAt: cron === undefined ? now + delayMs : nextCronTime(cron, now + delayMs),
    ...(cron !== undefined && { cron }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(webhook && { webhook: { url: webhook.url, state: 'waiting', note: '' } }),
  };
}

export function begun({ endedAt: _, progress: __, ...job }: Job, now: number): Job {
  return { ...job, state: 'running', attempts: job.attempts + 1, startedAt: now };
}

/** The job after a run of it ended. */
export function settled(job: Job, outcome: JobOutcome, { now, random }: { now: number; random: () => number }): Ruled {
  const { error: _, result: __, ...rest } = job;
  if (outcome.ok) return ended({ ...rest, result: outcome.result }, 'done', now);
  if ('givenBack' in outcome) {
    const { startedAt: ___, ...given } = job;
    return { job: { ...given, state: 'waiting', attempts: job.attempts - 1, runAt: now }, tells: false };
  }
  const failed = { ...rest, error: outcome.error };
  if (job.cron !== undefined || !outcome.retry || job.attempts >= job.retry.attempts) return ended(failed, 'dead', now);
  return {
    job: { ...failed, state: 'waiting', runAt: now + retryWait(job.retry, job.attempts, random) },
    tells: false,
  };
}

/** The job after the lease of its run ended without a word. */
export function lost(job: Job, now: number): Ruled {
  const { result: _, ...rest } = job;
  const failed = { ...rest, error: new NootropicError('JOB_LOST').toJSON() };
  if (job.cron !== undefined || job.attempts >= job.retry.attempts) return ended(failed, 'dead', now);
  return { job: { ...failed, state: 'waiting', runAt: now }, tells: false };
}

/** The job after somebody changed it. Throws `INPUT_INVALID` where its state does not allow it; what is removed is given as it was. */
export function changed(job: Job, what: JobChange, now: number): Ruled {
  const may = {
    cancel: job.state === 'waiting' || job.state === 'running',
    retry: job.state === 'dead' || job.state === 'cancelled',
    remove: job.state !== 'running',
  };
  if (!may[what]) {
    const hints = {
      cancel: 'Only a job that waits or runs can be cancelled.',
      retry: 'Only a job that is dead or cancelled can be tried again.',
      remove: 'Cancel it first.',
    };
    throw new NootropicError('INPUT_INVALID', `Job ${job.id} is ${job.state}: that does not go with ${what}.`, {
      hint: hints[what],
    });
  }
  if (what === 'remove') return { job, tells: false };
  if (what === 'cancel') return toTell({ ...job, state: 'cancelled', endedAt: now });
  const { endedAt: _, ...rest } = job;
  const runAt = job.cron === undefined ? now : nextCronTime(job.cron, now);
  return { job: { ...rest, state: 'waiting', attempts: 0, runAt }, tells: false };
}

function ended(job: Job, state: 'done' | 'dead', now: number): Ruled {
  if (job.cron === undefined) return toTell({ ...job, state, endedAt: now });
  return toTell({ ...job, state: 'waiting', endedAt: now, runAt: nextCronTime(job.cron, now) });
}

function toTell(job: Job): Ruled {
  if (!job.webhook) return { job, tells: false };
  return { job: { ...job, webhook: { ...job.webhook, state: 'waiting', note: '' } }, tells: true };
}

/** The one id of those that begin like this. Throws `NOT_FOUND` where there is none, or more than one. */
export function onlyId(asked: string, found: readonly string[]): string {
  if (found.includes(asked)) return asked;
  const [first, ...more] = found;
  if (first === undefined || asked === '')
    throw new NootropicError('NOT_FOUND', `There is no job ${JSON.stringify(asked)}.`, {
      hint: 'Run `nootropic jobs list`.',
    });
  if (more.length > 0)
    throw new NootropicError(
      'NOT_FOUND',
      `${JSON.stringify(asked)} is ambiguous: it could be ${found.slice(0, 3).join(', ')}${found.length > 3 ? ', and more' : ''}.`,
      { hint: 'Give more characters of the id.' },
    );
  return first;
}
