import { NootropicError } from '@nootropic/contracts';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Refusal } from './http-refusal.ts';
import type { Principal } from './principal.ts';

export interface ClientLimitsOptions {
  /** Tokens that a client has had since midnight in UTC. Unset: quotas are not kept. */
  readonly tokensToday?: (client: string) => Promise<number>;
  /** Default `Date.now`. */
  readonly now?: () => number;
}

const day = 86_400_000;

/** Counts one request of a client, and says whether it is one too many in a minute, or comes after the last token of the day. */
export function createClientLimits({
  tokensToday,
  now = Date.now,
}: ClientLimitsOptions): (principal: Principal) => Promise<Refusal | undefined> {
  const limiters = new Map<string, { readonly points: number; readonly limiter: RateLimiterMemory }>();
  return async ({ name, requestsPerMinute, tokensPerDay }) => {
    if (requestsPerMinute !== undefined) {
      const known = limiters.get(name);
      const limiter =
        known?.points === requestsPerMinute
          ? known.limiter
          : new RateLimiterMemory({ points: requestsPerMinute, duration: 60 });
      limiters.set(name, { points: requestsPerMinute, limiter });
      const waitMs = await tooMany(limiter, name);
      if (waitMs !== undefined)
        return {
          error: new NootropicError('RATE_LIMITED', `${name} may ask ${String(requestsPerMinute)} times in a minute.`),
          headers: { 'retry-after': seconds(waitMs) },
        };
    }
    if (tokensPerDay === undefined || !tokensToday || (await tokensToday(name)) < tokensPerDay) return undefined;
    return {
      error: new NootropicError(
        'QUOTA_SPENT',
        `${name} has had the ${String(tokensPerDay)} tokens that it may have in a day.`,
      ),
      headers: { 'retry-after': seconds(day - (now() % day)) },
    };
  };
}

/** Who tries keys out, by address. */
export interface GuessLimit {
  /** Why nothing more is heard of this address for now. */
  refuse(from: string): Promise<Refusal | undefined>;
  /** A key from this address was wrong. */
  note(from: string): Promise<void>;
}

/** An address may be wrong so often in a minute, and is then not listened to for the rest of it. */
export function createGuessLimit(mostWrong: number): GuessLimit {
  const wrong = new RateLimiterMemory({ points: mostWrong, duration: 60 });
  return {
    async refuse(from) {
      const known = await wrong.get(from);
      if (!known || known.consumedPoints < mostWrong) return undefined;
      return {
        error: new NootropicError('RATE_LIMITED', 'Too many wrong keys came from this address.'),
        headers: { 'retry-after': seconds(known.msBeforeNext), connection: 'close' },
      };
    },
    async note(from) {
      await tooMany(wrong, from);
    },
  };
}

/** Milliseconds to wait, where it is one too many. */
async function tooMany(limiter: RateLimiterMemory, name: string): Promise<number | undefined> {
  try {
    await limiter.consume(name);
    return undefined;
  } catch (cause) {
    if (cause instanceof RateLimiterRes) return cause.msBeforeNext;
    throw cause;
  }
}

function seconds(milliseconds: number): string {
  return String(Math.max(1, Math.ceil(milliseconds / 1000)));
}
