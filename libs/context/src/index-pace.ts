import { NootropicError } from '@nootropic/contracts';

/** Milliseconds after which work that waits looks again whether it may go on. */
const waitMs = 250;
/** Milliseconds of rest after a batch in the background, for each millisecond of work. */
const restPerWork = 1;
/** A rest is never longer. */
const longestRestMs = 1000;

export interface PaceOptions {
  readonly inBackground: () => boolean;
  readonly waitsFor: () => Promise<string> | string;
  readonly clock: () => number;
}

/** Lets work that somebody waits for pass at once, and holds other work back while it is to wait, and for as long as it has just worked. */
export function createPace({
  inBackground,
  waitsFor,
  clock,
}: PaceOptions): (signal: AbortSignal | undefined) => Promise<void> {
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  let since = clock();
  return async (signal) => {
    const rest = Math.min(longestRestMs, Math.max(0, clock() - since) * restPerWork);
    if (inBackground()) await pause(rest);
    while (inBackground() && (await waitsFor()) !== '') {
      if (signal?.aborted) throw new NootropicError('ABORTED');
      await pause(waitMs);
    }
    since = clock();
  };
}
