import { setTimeout as wait } from 'node:timers/promises';
import { ExponentialBackoff, type IBackoff } from 'cockatiel';
import { NootropicError } from '@nootropic/contracts';
import { askedWait, isPassing } from './model-download-faults.ts';

export interface RetryOptions {
  readonly signal: AbortSignal | undefined;
  /** Failures in a row, without progress between them, after which it gives up. */
  readonly limit: number;
  /** Milliseconds before the first retry, on average. Each further one waits longer, with jitter, at most 30 s. */
  readonly firstMs: number;
  /** A number that grows with what was achieved. While it does, failures are counted from 0 again. */
  readonly progress?: () => number;
}

/** Longer than this is not waited for a place that asks for it. */
const longestAskedMs = 120_000;

/**
 * Does the work again after failures that may pass, with backoff and decorrelated jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), or after the time that the place asks for.
 */
export async function withRetries<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, limit, firstMs, progress = () => 0 } = options;
  let failures = 0;
  let best = progress();
  let backoff: IBackoff<unknown> | undefined;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted === true) throw new NootropicError('ABORTED', undefined, { cause: error });
      if (!isPassing(error)) throw error;
      if (progress() > best) {
        best = progress();
        failures = 0;
        backoff = undefined;
      }
      failures += 1;
      const asked = askedWait(error);
      if (failures > limit || (asked ?? 0) > longestAskedMs) throw error;
      backoff =
        backoff === undefined
          ? new ExponentialBackoff({ initialDelay: firstMs, maxDelay: 30_000 }).next()
          : backoff.next(undefined);
      await pause(asked ?? backoff.duration, signal);
    }
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await wait(ms, undefined, signal === undefined ? {} : { signal });
  } catch (cause) {
    throw new NootropicError('ABORTED', undefined, { cause });
  }
}
