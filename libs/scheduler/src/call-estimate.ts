import type { WorkClass } from '@nootropic/contracts';

/** Tokens per second, as measured; what is not known is left out. */
export interface MeasuredSpeeds {
  readonly prompt?: number | undefined;
  readonly write?: number | undefined;
}

/** What is known of a call before it is made. */
export interface ExpectedWork {
  readonly workClass: WorkClass;
  /** What is learned is kept apart by this: a model's reference, say. Default: all of a class together. */
  readonly model?: string;
  /** Tokens of the prompt, those among them that the model may still hold, and tokens of the answer at most. */
  readonly promptTokens?: number;
  readonly answerTokens?: number;
  readonly speeds?: MeasuredSpeeds | undefined;
}

export interface SeenWork {
  readonly totalMs: number;
  readonly read?: number;
  readonly reused?: number;
  readonly written?: number;
}

/**
 * How long calls last: from the tokens and the measured speeds where both are known, otherwise from how long calls of the class lasted.
 * How much of a prompt the model still holds, and how long answers get, is learned per class and model as exponentially weighted means.
 */
export interface CallEstimate {
  expect(work: ExpectedWork): { readonly firstTokenMs: number; readonly totalMs: number };
  learn(work: ExpectedWork, seen: SeenWork): void;
  /** Moves what was learned about reading a fifth of the way back to hope. */
  doubt(work: ExpectedWork): void;
  /** What such a call took of the machine; `undefined` where a speed or a count is not known. */
  computingMs(work: ExpectedWork, seen: Omit<SeenWork, 'totalMs'>): number | undefined;
}

/** What a call is taken to last before one of its class was seen, in milliseconds. */
const firstGuess: Readonly<Record<WorkClass, number>> = {
  completion: 500,
  chat: 10_000,
  agent: 10_000,
  embed: 200,
  batch: 5_000,
};
/** How much the newest call counts. */
const newest = 0.2;
/** So many kinds of calls are remembered. */
const remembered = 128;

interface Learned {
  totalMs: number | undefined;
  /** Share of the prompt that has to be read, 0 to 1. Until one was seen: none, so that nothing is refused on a guess. */
  readShare: number;
  /** Tokens written. */
  written: number | undefined;
}

export function createCallEstimate(): CallEstimate {
  const kinds = new Map<string, Learned>();

  const learned = (work: ExpectedWork): Learned => {
    const key = `${work.workClass} ${work.model ?? ''}`;
    const found = kinds.get(key) ?? { totalMs: undefined, readShare: 0, written: undefined };
    // Kept in the order of use, so that the oldest is found at the front.
    kinds.delete(key);
    kinds.set(key, found);
    for (const oldest of kinds.keys()) if (kinds.size > remembered) kinds.delete(oldest);
    return found;
  };
  const mean = (before: number | undefined, seen: number): number =>
    before === undefined ? seen : before + newest * (seen - before);

  return {
    expect(work) {
      const { totalMs = firstGuess[work.workClass], readShare, written } = learned(work);
      const { speeds = {}, promptTokens, answerTokens } = work;
      const reading =
        promptTokens === undefined || speeds.prompt === undefined
          ? undefined
          : (promptTokens * readShare * 1_000) / speeds.prompt;
      const answer = Math.min(answerTokens ?? Infinity, written ?? Infinity);
      const writing =
        speeds.write === undefined || !Number.isFinite(answer) ? undefined : (answer * 1_000) / speeds.write;
      const firstTokenMs = reading ?? 0;
      return {
        firstTokenMs,
        totalMs: reading === undefined || writing === undefined ? Math.max(totalMs, firstTokenMs) : reading + writing,
      };
    },
    learn(work, seen) {
      const kind = learned(work);
      kind.totalMs = mean(kind.totalMs ?? firstGuess[work.workClass], seen.totalMs);
      const prompt = (seen.read ?? 0) + (seen.reused ?? 0);
      if (seen.read !== undefined && prompt > 0) kind.readShare = mean(kind.readShare, seen.read / prompt);
      if (seen.written !== undefined) kind.written = mean(kind.written, seen.written);
    },
    doubt(work) {
      learned(work).readShare *= 0.8;
    },
    computingMs({ speeds = {} }, { read, written }) {
      if (read === undefined || written === undefined) return undefined;
      if ((read > 0 && speeds.prompt === undefined) || (written > 0 && speeds.write === undefined)) return undefined;
      return (read * 1_000) / (speeds.prompt ?? 1) + (written * 1_000) / (speeds.write ?? 1);
    },
  };
}
