import { NootropicError } from '@nootropic/contracts';
import { isFailureOfServer, isWorthAnotherTry, retryAfterMs } from './server-errors.ts';

/** How often a server is asked again, and when it is left alone. */
export interface ServerRetry {
  /** Tries after the first. Default 3. */
  readonly tries?: number;
  /** Milliseconds before the second try; each further wait is twice as long, and each is shortened at random by up to a half. Default 250. */
  readonly firstDelayMs?: number;
  /** The longest wait between two tries. A server that asks for a longer one is not asked again, and the caller hears so at once. Default 20 000. */
  readonly maxDelayMs?: number;
  /** Failures one after the other that open the circuit: requests then fail at once. Default 5. */
  readonly failures?: number;
  /** Milliseconds that the circuit stays open before one request may try; twice as long each time that one fails, up to eight times. Default 10 000. */
  readonly coolDownMs?: number;
  /** A number from 0 to 1 for the jitter. Default `Math.random`. */
  readonly random?: () => number;
}

/** Stands before the requests to one origin. */
export interface ServerGuard {
  /**
   * Makes the attempt, again where the failure may pass: no connection, 408, 429, 5xx, an answer that broke off before it said anything.
   * An attempt must not have shown anything to a person when it fails. `signal` ends the tries.
   */
  run<Result>(attempt: () => Promise<Result>, signal: AbortSignal): Promise<Result>;
  readonly state: 'closed' | 'open' | 'half-open';
  /** Why it is not asked, and until when; empty while requests pass. */
  readonly detail: string;
}

/** The guards of a runtime, one for each origin, made at first use. */
export interface ServerGuards {
  for(url: string): ServerGuard;
  /** What is wrong with any of them, one sentence each. */
  trouble(): string[];
}

export function createServerGuards(limits: ServerRetry = {}): ServerGuards {
  const guards = new Map<string, ServerGuard>();
  return {
    for(url) {
      const { origin } = new URL(url);
      let guard = guards.get(origin);
      if (guard === undefined) guards.set(origin, (guard = createServerGuard(origin, limits)));
      return guard;
    },
    trouble: () => [...guards.values()].map(({ detail }) => detail).filter((detail) => detail !== ''),
  };
}

/**
 * Retry with exponential backoff and jitter around a circuit breaker
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/, https://martinfowler.com/bliki/CircuitBreaker.html), by cockatiel.
 * An answer of any kind shows that the server lives; only silence, a broken connection and 5xx count against it.
 */
export function createServerGuard(origin: string, limits: ServerRetry = {}): ServerGuard {
  const { tries = 3, firstDelayMs = 250, maxDelayMs = 20_000, failures = 5, coolDownMs = 10_000 } = limits;
  const { random = Math.random } = limits;
  const coolDown = (opened: number): number => coolDownMs * 2 ** Math.min(opened - 1, 3);
  let policies: Promise<Policies> | undefined;
  let state: ServerGuard['state'] = 'closed';
  let openUntil = 0;
  let why = '';

  async function openPolicies(): Promise<Policies> {
    const { circuitBreaker, BrokenCircuitError, CircuitState, ConsecutiveBreaker, DelegateBackoff, handleWhen, retry } =
      await import('cockatiel');
    const breaker = circuitBreaker(
      // A caller who gives up during the one request that tries has not shown that the server lives.
      handleWhen(
        (error) => isFailureOfServer(error) || (state === 'half-open' && NootropicError.from(error).code === 'ABORTED'),
      ),
      {
        breaker: new ConsecutiveBreaker(failures),
        halfOpenAfter: new DelegateBackoff<{ attempt: number }>(({ attempt }) => {
          openUntil = Date.now() + coolDown(attempt);
          return coolDown(attempt);
        }),
      },
    );
    breaker.onStateChange((next) => {
      state = next === CircuitState.Closed ? 'closed' : next === CircuitState.HalfOpen ? 'half-open' : 'open';
    });
    const again = retry(
      handleWhen((error) => isWorthAnotherTry(error) && (retryAfterMs(error) ?? 0) <= maxDelayMs),
      {
        maxAttempts: tries,
        backoff: new DelegateBackoff<{ attempt: number; result: object }>(({ attempt, result }) => {
          const wait = Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1)) * (1 - random() / 2);
          return Math.max(wait, ('error' in result ? retryAfterMs(result.error) : undefined) ?? 0);
        }),
      },
    );
    return { breaker, again, isOpen: (error) => error instanceof BrokenCircuitError };
  }

  const describe = (): string => {
    if (state === 'closed') return '';
    const seconds = Math.max(0, Math.ceil((openUntil - Date.now()) / 1000));
    const next = seconds > 0 ? `is not asked for another ${seconds} s` : 'is tried by the next request';
    return `${origin} failed ${failures} times in a row and ${next}; at last: ${why}`;
  };

  return {
    get state() {
      return state;
    },
    get detail() {
      return describe();
    },
    async run(attempt, signal) {
      policies ??= openPolicies();
      const { breaker, again, isOpen } = await policies;
      let last: unknown;
      return again.execute(async () => {
        if (signal.aborted) throw NootropicError.is(signal.reason) ? signal.reason : new NootropicError('ABORTED');
        try {
          const outcome = await breaker.execute(async () => {
            try {
              return { value: await attempt() };
            } catch (error) {
              last = error;
              if (isFailureOfServer(error)) why = NootropicError.from(error).message;
              // What is no failure of the server proves that it lives, unless nobody waited for its answer.
              if (isFailureOfServer(error) || NootropicError.from(error).code === 'ABORTED') throw error;
              return { error };
            }
          });
          if ('error' in outcome) throw outcome.error;
          return outcome.value;
        } catch (error) {
          if (!isOpen(error)) throw error;
          if (last !== undefined) throw last;
          throw new NootropicError('MODEL_UNREACHABLE', describe(), {
            cause: notAgain,
            hint: 'Look at the server’s own log, or use another model meanwhile.',
          });
        }
      }, signal);
    },
  };
}

interface Policies {
  readonly breaker: { execute<T>(work: () => Promise<T>): Promise<T> };
  readonly again: { execute<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> };
  readonly isOpen: (error: unknown) => boolean;
}

/** Marks an error that no further try can mend. */
const notAgain = Object.freeze({ status: 0, again: false });

/**
 * The items of a stream, once the first that says something has come: what fails before can be tried again, since nobody saw any of it.
 * `cut` is thrown where the stream ends without having said anything; it may be `undefined` where that is no error.
 */
export async function openToFirst<Item>(
  items: AsyncIterable<Item>,
  rules: { readonly says: (item: Item) => boolean; readonly cut: () => unknown },
): Promise<AsyncIterable<Item>> {
  const iterator = items[Symbol.asyncIterator]();
  const early: Item[] = [];
  for (;;) {
    const step = await iterator.next();
    if (step.done === true) {
      const broken = rules.cut();
      if (broken !== undefined) throw broken;
      break;
    }
    early.push(step.value);
    if (rules.says(step.value)) break;
  }
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        if (early.length > 0) return { done: false, value: early.shift() as Item };
        return iterator.next();
      },
      async return() {
        await iterator.return?.();
        return { done: true, value: undefined };
      },
    }),
  };
}
