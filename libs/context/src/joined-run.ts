import { NootropicError } from '@nootropic/contracts';

/** What several readers follow at once. */
export interface JoinedRun<T> {
  /** Follows the run from where it is. Leaving the iteration leaves the run; when nobody is left, it is stopped. */
  follow(signal?: AbortSignal): AsyncGenerator<T, void>;
  /** Resolves when the run has ended in any way. Never rejects. */
  readonly ended: Promise<void>;
  /** Asks the run to stop. */
  stop(): void;
}

/**
 * Starts a run whose values go to everyone who follows it. A slow reader misses values in between but never the last one.
 * A failure of the run is thrown to every reader.
 */
export function startJoinedRun<T>(run: (signal: AbortSignal) => AsyncIterable<T>): JoinedRun<T> {
  const stopping = new AbortController();
  const waiting = new Set<() => void>();
  let readers = 0;
  let version = 0;
  let latest: T | undefined;
  let outcome: { readonly error?: unknown } | undefined;

  const wake = (): void => {
    for (const resume of waiting) resume();
    waiting.clear();
  };
  const pump = async (): Promise<void> => {
    try {
      for await (const value of run(stopping.signal)) {
        latest = value;
        version += 1;
        wake();
        // Readers see this value before the next batch starts, and so can stop the run between the two.
        await new Promise<void>((resume) => setTimeout(resume, 0));
        if (stopping.signal.aborted) break;
      }
      outcome = {};
    } catch (error) {
      outcome = { error };
    }
    wake();
  };
  const ended = pump();

  async function* follow(signal?: AbortSignal): AsyncGenerator<T, void> {
    readers += 1;
    let seen = 0;
    signal?.addEventListener('abort', wake);
    try {
      for (;;) {
        if (signal?.aborted) throw new NootropicError('ABORTED');
        if (seen < version) {
          seen = version;
          yield latest as T;
        } else if (outcome !== undefined) {
          if ('error' in outcome) throw outcome.error;
          return;
        } else await new Promise<void>((resume) => waiting.add(resume));
      }
    } finally {
      signal?.removeEventListener('abort', wake);
      readers -= 1;
      if (readers === 0) {
        stopping.abort();
        await ended;
      }
    }
  }
  return {
    follow,
    ended,
    stop: () => {
      stopping.abort();
    },
  };
}
