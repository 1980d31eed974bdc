import { NootropicError, type Model } from '@nootropic/contracts';

/** Single flight: callers of the same key share one load; each one's signal ends only its own wait. */
export async function shareLoad(
  loading: Map<string, Promise<Model>>,
  call: { key: string; signal: AbortSignal | undefined; disposed: AbortSignal },
  start: () => Promise<Model>,
): Promise<Model> {
  const stops = AbortSignal.any([call.signal, call.disposed].filter((signal) => signal !== undefined));
  if (stops.aborted) throw new NootropicError('ABORTED');
  let shared = loading.get(call.key);
  if (shared === undefined) {
    shared = start().finally(() => loading.delete(call.key));
    shared.catch(() => undefined);
    loading.set(call.key, shared);
  }
  const stopped = Promise.withResolvers<never>();
  const onAbort = (): void => stopped.reject(new NootropicError('ABORTED'));
  stops.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([shared, stopped.promise]);
  } finally {
    stops.removeEventListener('abort', onAbort);
  }
}
