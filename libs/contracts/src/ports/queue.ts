import type { ErrorBody } from '../errors.ts';
import type { Job, JobProgress, JobState, NewJob } from '../jobs.ts';

/** A job that this worker holds until `settle`, or until its lease ends without `report`. */
export interface ClaimedJob {
  readonly job: Job;
  /** Proves that it is still ours; another worker's claim of the same job has another. */
  readonly lease: string;
}

export type JobOutcome =
  | { readonly ok: true; readonly result: unknown }
  /** `retry: false`: trying again cannot help, so the job is dead at once. */
  | { readonly ok: false; readonly error: ErrorBody; readonly retry: boolean }
  /** The worker stops: the job waits again at once, and the run does not count. */
  | { readonly ok: false; readonly givenBack: true };

/** A job whose webhook is to be told that a run of it ended. The secret is given to whoever signs, and shown nowhere else. */
export interface UntoldJob {
  readonly job: Job;
  readonly secret: string;
}

/**
 * Durable jobs. What `add` gave back survives a kill. A job is run at least once: one whose worker died is given to another when its lease ends,
 * and counts as a failed run. Of several jobs that may run the one with the highest priority goes first, of equals the oldest.
 *
 * A run that failed waits `delayMs * 2^(attempts - 1)`, at most `maxDelayMs`, of which the share `jitter` is random (the "equal jitter" of
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ at 0.5), and is dead after `attempts` runs.
 * A job with a `cron` is put back for its next time when a run of it ends, whatever the end; times that were missed are made up for once.
 */
export interface Queue {
  /** Adds a job, or gives the one that has its idempotency key already. Rejects with `INPUT_INVALID` for a cron line that is none. */
  add(job: NewJob): Promise<{ readonly job: Job; readonly added: boolean }>;
  /** The next job that may run now, held for `leaseMs` (default 60 000); `undefined` where there is none. Never gives one job to two. */
  claim(worker: { readonly kinds?: readonly string[]; readonly leaseMs?: number }): Promise<ClaimedJob | undefined>;
  /** Keeps the lease, and notes how far it is. `cancelled`: it was cancelled, or is no longer ours; the run should end. */
  report(claimed: ClaimedJob, progress?: JobProgress): Promise<{ readonly cancelled: boolean }>;
  /** Ends the run. Nothing happens where the lease is no longer ours: then `undefined`, else the job as it is now. */
  settle(claimed: ClaimedJob, outcome: JobOutcome): Promise<Job | undefined>;
  /** Newest first. `id` also takes a unique start of one. Rejects with `NOT_FOUND` where `id` is given and there is none. */
  list(query?: {
    readonly id?: string;
    readonly states?: readonly JobState[];
    readonly kind?: string;
    readonly limit?: number;
  }): Promise<Job[]>;
  /**
   * `cancel`: it never runs again, and a run hears of it with its next `report`. `retry`: a dead or cancelled job waits again, with its runs counted anew.
   * `remove`: it is forgotten; not while it runs. Rejects with `NOT_FOUND`, and with `INPUT_INVALID` where its state does not allow it.
   */
  change(id: string, what: 'cancel' | 'retry' | 'remove'): Promise<Job>;
  /** How many jobs are in each state. */
  count(): Promise<Record<JobState, number>>;
  /** Jobs that have ended, or with a `cron` have run, since their webhook was last told; at most 100, the oldest first. */
  untold(): Promise<UntoldJob[]>;
  /** Notes what became of its webhook. With any state but `waiting` it is no longer in `untold`. Nothing happens where the job is gone. */
  note(id: string, webhook: NonNullable<Job['webhook']>): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
