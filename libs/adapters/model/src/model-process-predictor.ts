import type { LlamaContextSequence, Token } from 'node-llama-cpp';
import {
  insideOf,
  sampleAt,
  whileDecoding,
  type Decode,
  type DecodeArguments,
  type Sample,
} from './model-process-decode.ts';

export interface LookupOptions {
  /** What checking one more token in a step costs, as a share of a step that writes one. Default: as measured, at first 0.5. */
  readonly costShare?: () => number;
  /** Tokens guessed at once at most. Default 8. */
  readonly longest?: number;
}

/** Tokens that were guessed, and how many of them came true. */
export interface LookupCounts {
  readonly proposed: number;
  readonly accepted: number;
}

/** What was learned about guessing with one model. */
export interface Lookup {
  readonly counts: LookupCounts;
  /** Guesses in what the work generates on the sequence. */
  during<Result>(sequence: LlamaContextSequence, work: () => Promise<Result>): Promise<Result>;
}

/**
 * Guesses the next tokens of an answer from what followed the same words before, in the prompt or in the answer itself, so that several
 * are checked in one step (prompt-lookup decoding: https://github.com/apoorvumang/prompt-lookup-decoding). After the first wrong guess
 * nothing is drawn, so a token is drawn as often as one is written, and the text is that without guesses at any temperature.
 *
 * The library's own `TokenPredictor` is not used: up to 3.22.1 it takes one guess of a step and throws the rest away
 * (`validatedTokens` in its `_speculativeEvaluate` stays empty), and it draws after a wrong guess.
 */
export function createLookup(options: LookupOptions = {}): Lookup {
  const gains = createLookupGains({ longest: options.longest ?? 8 });
  const costs = createStepCosts();
  const costShare = options.costShare ?? costs.share;
  return {
    get counts() {
      return gains.counts();
    },
    async during(sequence, work) {
      // Taking a guess back needs a memory that can be cut at any place.
      if (sequence.needsCheckpoints) return work();
      gains.begin();
      keepStatesWhole(sequence);
      try {
        return await whileDecoding(sequence, (decode) => guessing(sequence, decode, { gains, costs, costShare }), work);
      } finally {
        await dropGuesses(sequence);
      }
    },
  };
}

interface Guided {
  readonly gains: LookupGains;
  readonly costs: StepCosts;
  readonly costShare: () => number;
}

function guessing(sequence: LlamaContextSequence, decode: Decode, { gains, costs, costShare }: Guided): Decode {
  const inside = insideOf(sequence);
  /** Guesses that came true and are not yet asked for, each with the token drawn after it. */
  let ahead: { readonly token: Token; readonly drawn: unknown }[] = [];
  let owner: object | undefined;
  let text: Token[] = [];
  let places: Places | undefined;

  const guess = (): Token[] => {
    const length = Math.min(gains.worth(costShare()), sequence.contextSize - sequence.nextTokenIndex - 3);
    if (length <= 0) return [];
    places ??= createPlaces(text);
    return places.following(length);
  };

  return async (...given) => {
    const [tokens, logits, , , shift, sample] = given;
    const [token] = tokens;
    if (token === undefined || tokens.length !== 1 || logits[0] !== true) {
      ahead = [];
      owner = undefined;
      return decode(...given);
    }
    if (owner !== shift) {
      ahead = [];
      owner = shift;
      text = [...sequence.contextTokens, token];
      places = undefined;
    } else text.push(token);
    gains.wrote();
    const known = ahead.shift();
    if (known?.token === token) {
      if (inside._loadedTokenPredictions.length > 0) inside._loadedTokenPredictions.shift();
      // It was taken out of the memory, which was another's for a while.
      else await decode(...(given.with(1, []) as unknown as DecodeArguments));
      return [known.drawn];
    }
    ahead = [];
    if (inside._loadedTokenPredictions.length > 0) await inside._abortTokenPredictor();

    const guessed = guess();
    const drawn: unknown[] = [];
    const right = (at: number): boolean => at === 0 || tokenOf(drawn[at - 1]) === guessed[at - 1];
    const since = performance.now();
    const before = sequence.nextTokenIndex;
    await decode(
      ...(given
        .with(0, [token, ...guessed])
        .with(
          1,
          [token, ...guessed].map(() => true),
        )

        .with(sampleAt, (async (logit, at) => {
          // All before it came true: then it is drawn, as it would have been.
          if (drawn.length !== at || !right(at)) return null;
          drawn.push(await sample(logit, at));
          return null;
        }) satisfies Sample) as unknown as DecodeArguments),
    );
    costs.saw(guessed.length, performance.now() - since);
    const accepted = Math.max(0, drawn.length - 1);
    if (guessed.length > 0) gains.settle({ proposed: guessed.length, accepted });
    if (accepted < guessed.length)
      await inside._eraseContextTokenRanges([{ start: before + 1 + accepted, end: before + 1 + guessed.length }], {
        canResetTokenPredictor: false,
        canRemovePredictionTokens: false,
        skipLock: true,
      });
    ahead = guessed.slice(0, accepted).map((each, index) => ({ token: each, drawn: drawn[index + 1] }));
    inside._loadedTokenPredictions.push(...ahead);
    return [drawn[0]];
  };
}

/** What the library's sampling gives: a token, a list that begins with it, or nothing where it failed. */
function tokenOf(drawn: unknown): unknown {
  return Array.isArray(drawn) ? (drawn as unknown[])[0] : drawn;
}

/** Takes guessed tokens that were checked but not yet written out of the sequence's memory. The answer goes on as if nothing had been. */
async function dropGuesses(sequence: LlamaContextSequence): Promise<void> {
  const inside = insideOf(sequence);
  if (inside._loadedTokenPredictions.length > 0) await inside._abortTokenPredictor();
}

const kept = Symbol('states without guesses');

/** A state that is saved in the middle of an answer would hold more than its tokens: the guesses are dropped before. */
function keepStatesWhole(sequence: LlamaContextSequence): void {
  const marked = sequence as { [kept]?: boolean };
  if (marked[kept] === true) return;
  marked[kept] = true;
  const save = sequence.saveStateToFile.bind(sequence);
  sequence.saveStateToFile = async (path) => {
    await dropGuesses(sequence);
    return save(path);
  };
}

const usualShare = 0.5;
const forgetting = 0.002;

export interface StepCosts {
  /** A step that wrote one token and checked so many guesses took this long. */
  saw(guessed: number, ms: number): void;
  /** What one more checked token costs, as a share of a step without. */
  share(): number;
}

/** Measures what guesses cost: exponentially weighted means of a step without, and of what each guess adds. */
export function createStepCosts(): StepCosts {
  let plain: number | undefined;
  let share = usualShare;
  return {
    saw(guessed, ms) {
      if (guessed === 0) {
        plain = plain === undefined ? ms : plain + learning * (ms - plain);
        // What was measured on a busy machine is forgotten, so that it is measured again.
        share += forgetting * (usualShare - share);
      }
      if (guessed > 0 && plain !== undefined && plain > 0) {
        const seen = Math.min(2, Math.max(0.02, (ms - plain) / plain / guessed));
        share += learning * (seen - share);
      }
    },
    share: () => share,
  };
}

export interface Places {
  /** The tokens that followed the last ones where they stood before; none where they did not. */
  following(most: number): Token[];
}

/** Words of fewer tokens than this are found everywhere and foretell nothing. */
const shortest = 3;

/** Where each run of three tokens last stood in a text that grows at its end. */
export function createPlaces(text: readonly Token[]): Places {
  const after = new Map<string, number>();
  let indexed = shortest;
  let source: number | undefined;
  let sourceFor = 0;
  const key = (end: number): string => `${text[end - 3]} ${text[end - 2]} ${text[end - 1]}`;
  return {
    following(most) {
      const end = text.length;
      if (end <= shortest) return [];
      // What it read on from while that was right is better than what stood last.
      const moved = source === undefined ? undefined : source + end - sourceFor;
      for (; indexed < end; indexed++) after.set(key(indexed), indexed);
      const from = moved !== undefined && key(moved) === key(end) ? moved : after.get(key(end));
      source = from;
      sourceFor = end;
      const found: Token[] = [];
      // What repeats with a short period is continued over the end.
      for (let at = from; at !== undefined && found.length < most; at++) {
        const token = at < end ? text[at] : found[at - end];
        if (token === undefined) break;
        found.push(token);
      }
      return found;
    },
  };
}

export interface LookupGains {
  counts(): LookupCounts;
  begin(): void;
  wrote(): void;
  settle(guess: LookupCounts): void;
  /** How many tokens are worth guessing now; 0: none. */
  worth(costShare: number): number;
}

/** Answers may lose this many steps to guesses that failed, and this share of what they wrote. */
const allowedSteps = 2;
const allowedShare = 0.01;
/** How much of what is believed of a guess one more token changes. */
const learning = 0.1;

/**
 * Decides how far it pays to guess. A token is right with the probability that was seen lately (an exponentially weighted mean), so the
 * n-th of a guess is with its n-th power; guessing on pays while that is above the cost of checking a token. Beside that an account is
 * kept: whatever is believed, no answer loses more than two steps and a hundredth of its length to guesses.
 */
export function createLookupGains({ longest }: { readonly longest: number }): LookupGains {
  let proposed = 0;
  let accepted = 0;
  let likely = 0.7;
  let balance = allowedSteps;
  let written = 0;
  let triedAt = 0;
  let cost = 1;
  return {
    counts: () => ({ proposed, accepted }),
    begin() {
      balance = allowedSteps;
      written = 0;
      triedAt = 0;
    },
    wrote() {
      written += 1;
      balance += allowedShare;
    },
    settle(guess) {
      proposed += guess.proposed;
      accepted += guess.accepted;
      balance += guess.accepted - cost * guess.proposed;
      for (let i = 0; i < guess.accepted; i++) likely += learning * (1 - likely);
      if (guess.accepted < guess.proposed) likely -= learning * likely;
    },
    worth(costShare) {
      cost = Math.max(0.01, costShare);
      const affordable = Math.floor(balance / cost);
      const believed = cost >= 1 ? 0 : Math.floor(Math.log(cost) / Math.log(Math.min(0.999, Math.max(0.001, likely))));
      // Now and then one is tried all the same: what is written changes.
      const tried = believed === 0 && cost < 1 && written - triedAt >= 32 ? 1 : believed;
      const length = Math.max(0, Math.min(longest, tried, affordable));
      if (length > 0) triedAt = written;
      return length;
    },
  };
}
