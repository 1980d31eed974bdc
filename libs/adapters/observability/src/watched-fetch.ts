import { NootropicError, type EgressCause } from '@nootropic/contracts';
import { withEgressCause } from './egress-cause.ts';
import { isLocalName } from './local-address.ts';
import { refuseEgress } from './socket-watch.ts';

/**
 * A `fetch` whose connections are recorded with a cause. What goes through a proxy on this machine is recorded with the host that it asks for, and
 * refused where nothing may leave. Rejects with `OFFLINE` itself, however deep the library below has wrapped it.
 */
export function createWatchedFetch(
  cause: EgressCause,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): typeof globalThis.fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const stays = isLocalName(url.hostname.replace(/^\[|\]$/gu, ''));
    try {
      return await withEgressCause(stays ? cause : { cause, host: url.hostname }, async () => {
        // Before it is known where a TLS connection leads, Node.js has read every certificate of the system, for which all else waits.
        const refusal = stays ? undefined : refuseEgress(url.hostname);
        if (refusal) throw refusal;
        return fetch(input, init);
      });
    } catch (error) {
      throw refusalIn(error) ?? error;
    }
  };
}

/** The refusal that a library wrapped into an error of its own. */
function refusalIn(error: unknown): NootropicError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (NootropicError.is(at)) return at.code === 'OFFLINE' ? at : undefined;
    if (at instanceof AggregateError) {
      const inner = at.errors.map(refusalIn).find((each) => each !== undefined);
      if (inner) return inner;
    }
  }
  return undefined;
}
