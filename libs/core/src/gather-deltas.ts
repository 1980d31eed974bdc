import { NootropicError } from '@nootropic/contracts';

interface Delta {
  readonly type: string;
  readonly text?: string | undefined;
}

/**
 * Joins text pieces that arrive within `windowMs` into one, and gives everything else through at once, in order.
 * Each batch is written to the disk before it is shown; without this a fast model would wait for the disk at every token.
 *
 * Ends early when the signal aborts: the source then has `graceMs` to end by itself and is left behind after that,
 * so that a cancel is never as slow as the slowest model.
 *
 * A failure of the source is passed on after the text that came before it.
 *
 * @returns The source's return value, or `undefined` when it was left behind.
 */
export async function* gatherDeltas<T extends Delta, R>(
  source: AsyncGenerator<T, R>,
  options: { readonly windowMs: number; readonly graceMs: number; readonly signal?: AbortSignal },
): AsyncGenerator<T[], R | undefined> {
  const { windowMs, graceMs, signal } = options;
  let held: T[] = [];
  let window: Promise<'window'> | undefined;
  // A step that fails after the loop has left it behind is nobody's to handle.
  const guard = (step: Promise<IteratorResult<T, R>>) => {
    step.catch(() => undefined);
    return step;
  };
  let next = guard(source.next());
  const aborted = abortion(signal, graceMs);
  try {
    for (;;) {
      const step = await Promise.race([settled(next), aborted.promise, ...(window ? [window] : [])]);
      if (step === 'window') {
        window = undefined;
        yield held;
        held = [];
        continue;
      }
      if (step === 'aborted') {
        if (held.length > 0) yield held;
        return undefined;
      }
      if ('failure' in step) {
        if (held.length > 0) yield held;
        throw step.failure;
      }
      if (step.done) {
        if (held.length > 0) yield held;
        return step.value;
      }
      const last = held.at(-1);
      if (last && last.type === step.value.type && isText(step.value) && isText(last))
        held[held.length - 1] = { ...last, text: last.text + step.value.text };
      else held.push(step.value);
      next = guard(source.next());
      if (!isText(step.value)) {
        window = undefined;
        const batch = held;
        held = [];
        yield batch;
      } else window ??= new Promise((resolve) => setTimeout(resolve, windowMs, 'window' as const));
    }
  } finally {
    aborted.dispose();
    source.return(undefined as R).catch((cause: unknown) => NootropicError.from(cause));
  }
}

async function settled<T>(step: Promise<T>): Promise<T | { readonly failure: unknown }> {
  return step.catch((failure: unknown) => ({ failure }));
}

function isText<T extends Delta>(value: T): value is T & { text: string } {
  return (value.type === 'text-delta' || value.type === 'reasoning-delta') && typeof value.text === 'string';
}

function abortion(signal: AbortSignal | undefined, graceMs: number) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort: (() => void) | undefined;
  const promise = new Promise<'aborted'>((resolve) => {
    onAbort = () => (timer = setTimeout(resolve, graceMs, 'aborted' as const));
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
  return {
    promise,
    dispose() {
      clearTimeout(timer);
      if (onAbort) signal?.removeEventListener('abort', onAbort);
    },
  };
}
