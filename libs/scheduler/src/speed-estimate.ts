/** Tokens per second as seen lately: an exponentially weighted mean of milliseconds per token. */
export interface SpeedEstimate {
  /** Adds what one unit of work took. */
  add(tokens: number, milliseconds: number): void;
  /** `undefined` until something was measured. */
  tokensPerSecond(): number | undefined;
}

/** @param weight how much the newest unit counts, 0 to 1. Default 0.3: about the last six units decide. */
export function createSpeedEstimate(weight = 0.3): SpeedEstimate {
  let perToken: number | undefined;
  return {
    add(tokens, milliseconds) {
      if (!(tokens > 0) || !(milliseconds >= 0)) return;
      const seen = Math.max(milliseconds, 0.001) / tokens;
      perToken = perToken === undefined ? seen : perToken + weight * (seen - perToken);
    },
    tokensPerSecond: () => (perToken === undefined ? undefined : 1_000 / perToken),
  };
}
