import { NootropicError } from '@nootropic/contracts';

/** How long a server may be silent. Milliseconds. */
export interface ServerTimeouts {
  /** Silence after which the server is asked for a sign of life, and the caller is told that it still works. Default 5 000. */
  readonly heartbeatMs?: number;
  /** Silence without any sign of life that ends the call. Default 60 000. */
  readonly silenceMs?: number;
  /** Time without a byte of the answer that ends the call even though the server lives. Default 900 000. */
  readonly maxSilenceMs?: number;
}

export interface WatchedCall<T> {
  /** Starts the request. Each byte that arrives is reported to `onBytes`. */
  readonly open: (signal: AbortSignal, onBytes: () => void) => Promise<AsyncIterable<T>>;
  /** Asks the server for a sign of life with a cheap request. Rejects when there is none. */
  readonly probe: (signal: AbortSignal) => Promise<unknown>;
  /** Ends the call with `ABORTED` at once, whether or not the server reacts. */
  readonly signals: readonly (AbortSignal | undefined)[];
  readonly timeouts: ServerTimeouts;
  readonly url: string;
}

/**
 * The items of a streamed answer, with `undefined` in between wherever the server was silent for a heartbeat but is alive.
 * Slowness never ends a call, silence does: a server that evaluates a long prompt sends nothing for minutes, yet answers a probe.
 *
 * @throws NootropicError `ABORTED`, `MODEL_TIMEOUT`, or what `open` and its iterable threw.
 */
export async function* watchStream<T>(call: WatchedCall<T>): AsyncGenerator<T | undefined, void, undefined> {
  const { heartbeatMs = 5_000, silenceMs = 60_000, maxSilenceMs = 900_000 } = call.timeouts;
  const controller = new AbortController();
  const given = call.signals.filter((signal) => signal !== undefined);
  const stop = AbortSignal.any(given);
  if (stop.aborted) throw aborted();
  const stopped = Promise.withResolvers<never>();
  const onAbort = (): void => stopped.reject(aborted());
  stop.addEventListener('abort', onAbort, { once: true });
  stopped.promise.catch(() => undefined);

  let lastByte = performance.now();
  let lastLife = lastByte;
  let probing = false;
  const alive = (): void => {
    lastLife = lastByte = performance.now();
  };
  let iterator: AsyncIterator<T> | undefined;
  /** What the request is told to end with: it tells a server that was silent from a caller who left. */
  let ending = aborted();
  let pending = call.open(controller.signal, alive).then((items) => {
    iterator = items[Symbol.asyncIterator]();
    return iterator.next();
  });

  try {
    for (;;) {
      const timer = Promise.withResolvers<'tick'>();
      const handle = setTimeout(() => timer.resolve('tick'), heartbeatMs);
      let step: IteratorResult<T> | 'tick';
      try {
        step = await Promise.race([pending, stopped.promise, timer.promise]);
      } finally {
        clearTimeout(handle);
      }
      if (step !== 'tick') {
        if (step.done === true) return;
        yield step.value;
        // The time that the caller took does not count as the server's silence.
        alive();
        if (stop.aborted) throw aborted();
        pending = (iterator as AsyncIterator<T>).next();
        continue;
      }
      const now = performance.now();
      if (now - lastLife >= silenceMs || now - lastByte >= maxSilenceMs) {
        const seconds = Math.round((now - lastByte) / 1000);
        throw (ending = new NootropicError('MODEL_TIMEOUT', `${call.url} has sent nothing for ${seconds} s.`));
      }
      if (!probing) {
        probing = true;
        void call
          .probe(controller.signal)
          .then(
            () => (lastLife = performance.now()),
            () => undefined,
          )
          .finally(() => (probing = false));
      }
      if (now - lastLife < heartbeatMs * 2) yield undefined;
    }
  } finally {
    stop.removeEventListener('abort', onAbort);
    pending.catch(() => undefined);
    controller.abort(ending);
    // Not awaited: a server that does not react must not hold up the caller.
    iterator?.return?.().catch(() => undefined);
  }
}

/** One answer under the same watch as a stream. */
export async function watchCall<T>(
  call: Omit<WatchedCall<T>, 'open'> & { readonly open: (signal: AbortSignal, onBytes: () => void) => Promise<T> },
): Promise<T> {
  const once = {
    ...call,
    open: async (signal: AbortSignal, onBytes: () => void): Promise<AsyncIterable<{ value: T }>> => {
      const value = await call.open(signal, onBytes);
      return (async function* () {
        yield { value };
      })();
    },
  };
  for await (const item of watchStream<{ value: T }>(once)) if (item !== undefined) return item.value;
  throw new NootropicError('INTERNAL', 'The call ended without an answer.');
}

function aborted(): NootropicError {
  return new NootropicError('ABORTED');
}
