import { AsyncLocalStorage } from 'node:async_hooks';
import type { EgressCause } from '@nootropic/contracts';

/** What a connection is made for. */
export interface EgressOrigin {
  readonly cause: EgressCause;
  /** Whose connection it is, where it is not the one of this process: `command`, `mcp NAME`. */
  readonly program?: string;
  /** Where it leads in the end: for a connection to a proxy on this machine, which a look at the socket alone would take for one that stays. */
  readonly host?: string;
}

const origins = new AsyncLocalStorage<EgressOrigin>();

/** Does the work; every socket that it opens, however deep below, is recorded with this cause. The innermost cause holds. */
export function withEgressCause<Result>(origin: EgressCause | EgressOrigin, work: () => Result): Result {
  return origins.run(typeof origin === 'string' ? { cause: origin } : origin, work);
}

/** The cause that holds here; `unknown` where nobody named one. */
export function egressOrigin(): EgressOrigin {
  return origins.getStore() ?? { cause: 'unknown' };
}
