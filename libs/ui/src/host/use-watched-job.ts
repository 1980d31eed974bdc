import { NootropicError, type Assistant, type Job } from '@nootropic/contracts';
import { useEffect, useState } from 'react';

interface Watched {
  readonly job: Job | undefined;
  readonly error: NootropicError | undefined;
}

/** A job as it is now, each time that it changes, until it has ended. `turn`: counts up to look anew. */
export function useWatchedJob(assistant: Pick<Assistant, 'jobs'>, id: string, turn: number): Watched {
  const [watched, setWatched] = useState<Watched>({ job: undefined, error: undefined });
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const follow = async (): Promise<void> => {
      try {
        const job = await assistant.jobs.show({ id }, { signal });
        if (!signal.aborted) setWatched({ job, error: undefined });
        for await (const changed of await assistant.jobs.watch({ id: job.id }, { signal })) {
          if (signal.aborted) return;
          setWatched({ job: changed, error: undefined });
        }
      } catch (cause) {
        if (!signal.aborted) setWatched((before) => ({ ...before, error: NootropicError.from(cause) }));
      }
    };
    void follow();
    return () => stop.abort();
  }, [assistant, id, turn]);
  return watched;
}
