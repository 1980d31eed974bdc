import { NootropicError } from '@nootropic/contracts';
import { placeUnreachable, reasonOf, refusedBy } from './model-download-faults.ts';
import { withRetries } from './model-download-retry.ts';

export interface PlaceRequestOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds before the first retry. Default 500. */
  readonly retryMs?: number;
  /** Milliseconds that one answer may take; answers here are small. Default 60000. */
  readonly limitMs?: number;
}

/**
 * A `fetch` for small answers of a place that models come from: retries what may pass, waits where it is asked to, and rejects with a
 * `NootropicError` for every answer that is not a success. It sends no body but text, so that it can send it again.
 */
export function createPlaceFetch(options: PlaceRequestOptions): typeof globalThis.fetch {
  const { fetch, signal, retryMs = 500, limitMs = 60_000 } = options;
  return async (input, init = {}) => {
    const url = input instanceof Request ? input.url : String(input);
    const once = async (): Promise<Response> => {
      const timeout = AbortSignal.timeout(limitMs);
      const signals = [timeout, signal, init.signal].filter((one) => one instanceof AbortSignal);
      try {
        const response = await fetch(url, { ...init, signal: AbortSignal.any(signals) });
        if (response.ok) return response;
        await response.body?.cancel();
        throw refusedBy(response, url, Date.now());
      } catch (error) {
        if (NootropicError.is(error)) throw error;
        if (signal?.aborted === true) throw new NootropicError('ABORTED', undefined, { cause: error });
        throw placeUnreachable(url, timeout.aborted ? 'it does not answer' : reasonOf(error), error);
      }
    };
    return withRetries(once, { signal, limit: 3, firstMs: retryMs });
  };
}

/** What a place failed with, as one of this program's errors: its answer may also be something that cannot be read. */
export function placeFault(error: unknown, url: string, signal: AbortSignal | undefined): NootropicError {
  if (signal?.aborted === true) return new NootropicError('ABORTED', undefined, { cause: error });
  if (NootropicError.is(error)) return error;
  return placeUnreachable(url, `its answer is not understood: ${reasonOf(error)}`, error);
}
