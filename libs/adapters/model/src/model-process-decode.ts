import { AsyncLocalStorage } from 'node:async_hooks';
import type { LlamaContextSequence, Token } from 'node-llama-cpp';

/** Draws the next token from the logits of a place in a batch. */
export type Sample = (logit: number, token: number) => Promise<unknown>;

export type DecodeArguments = readonly [
  tokens: readonly Token[],
  logits: readonly boolean[],
  priority: unknown,
  meter: unknown,
  /** One object for each evaluation. */
  shift: object,
  sample: Sample,
  after: unknown,
];

/** Place of the function that draws among the arguments. */
export const sampleAt = 5;

/** Computes tokens and draws those that follow where `logits` is true. The answer has what was drawn at the place of its token. */
export type Decode = (...given: DecodeArguments) => Promise<unknown[]>;

/** The parts of the library's sequence that are not of its public interface, as far as they are used here. */
export interface InsideSequence {
  _decodeTokens: Decode;
  /** Tokens at the end of its memory that its other methods do not count, and take away before they compute anything else. */
  readonly _loadedTokenPredictions: unknown[];
  _eraseContextTokenRanges(ranges: readonly { start: number; end: number }[], options: object): Promise<void>;
  _abortTokenPredictor(): Promise<void>;
}

export function insideOf(sequence: LlamaContextSequence): InsideSequence {
  return sequence as unknown as InsideSequence;
}

interface Hooks {
  readonly decode: Decode;
  readonly running: AsyncLocalStorage<Decode>;
}

const hooksKey = Symbol('decode hooks');

/**
 * While `work` runs, all that it computes on the sequence goes through the function that `hook` makes of the library's own. Jobs that take
 * turns on one sequence keep their own: which one runs is told by the asynchronous context.
 */
export async function whileDecoding<Result>(
  sequence: LlamaContextSequence,
  hook: (decode: Decode) => Decode,
  work: () => Promise<Result>,
): Promise<Result> {
  const hooked = sequence as { [hooksKey]?: Hooks };
  const { running, decode } = (hooked[hooksKey] ??= install(sequence));
  return running.run(hook(decode), work);
}

function install(sequence: LlamaContextSequence): Hooks {
  const inside = insideOf(sequence);
  const running = new AsyncLocalStorage<Decode>();
  const decode = inside._decodeTokens.bind(sequence);
  inside._decodeTokens = (...given) => (running.getStore() ?? decode)(...given);
  return { decode, running };
}
