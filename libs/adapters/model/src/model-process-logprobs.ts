import type { TokenLogprob } from '@nootropic/contracts';
import type { LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp';
import { sampleAt, whileDecoding, type Decode, type DecodeArguments, type Sample } from './model-process-decode.ts';

/** What the model thought of the tokens it wrote. */
export interface LogprobRecorder {
  /** The tokens of the next piece of text that is shown. Joined, they are the piece. */
  take(text: string): TokenLogprob[];
  /** Records what the work generates. */
  during<Result>(work: () => Promise<Result>): Promise<Result>;
}

/**
 * The parts of the library's sequence that are not of its public interface: what its `evaluateWithMetadata` gives are the probabilities
 * left after temperature and cut-offs, most of them 0.
 */
interface Inside {
  readonly _context: { readonly _ctx: NativeContext };
}

interface NativeContext {
  sampleToken(
    logit: number,
    sampler: NativeSampler,
    probabilities: boolean,
    confidence: boolean,
    logits: readonly [tokens: readonly Token[], max: boolean, min: boolean, selected: boolean, top: number],
    weight: boolean,
  ): Promise<
    readonly [
      token: Token,
      probabilities: undefined,
      confidence: undefined,
      logits: readonly number[],
      weight: number | undefined,
    ]
  >;
}

interface NativeSampler {
  applyConfig(config: object): void;
  dispose(): void;
}

interface InsideModel {
  readonly _model: object;
  readonly _llama: { readonly _bindings: { readonly AddonSampler: new (model: object) => NativeSampler } };
}

/** One or more tokens that make whole characters together. */
interface Group {
  readonly text: string;
  readonly tokens: readonly Omit<TokenLogprob, 'token'>[];
}

/**
 * Records, for each token that a sequence generates, the logarithm of the probability that the model itself gave it,
 * before temperature, cut-offs and grammar, and the likeliest others. A token that is only a part of a character has the text '', and
 * the last of its parts the character. Of a token that is shown in two pieces the first has its probability, and the second 1. Guesses of several tokens at once must be off meanwhile.
 */
export function recordLogprobs(sequence: LlamaContextSequence, count: number): LogprobRecorder {
  const { model } = sequence;
  const inside = sequence as unknown as Inside;
  const { _model, _llama } = model as unknown as InsideModel;
  const groups: Group[] = [];
  const add = createGrouping(model, groups);
  const recording =
    (decode: Decode, sampler: NativeSampler): Decode =>
    (...given) =>
      decode(
        ...(given.with(sampleAt, (async (logit, token) => {
          const sampled = await given[sampleAt](logit, token);
          const chosen = (Array.isArray(sampled) ? (sampled as unknown[])[0] : sampled) as
            Token | -1 | null | undefined;
          if (chosen !== undefined && chosen !== null && chosen !== -1)
            add(chosen, await readLogits(inside._context._ctx, { logit, sampler, chosen, count }));
          return sampled;
        }) satisfies Sample) as unknown as DecodeArguments),
      );

  return {
    take(text) {
      const taken: TokenLogprob[] = [];
      let rest = text;
      while (rest !== '') {
        const group = groups.shift();
        if (group === undefined) break;
        // White space before an answer is not shown; neither is a tag, which then is left out here as well.
        const whole = [group.text, group.text.trimStart()].find(
          (each) => rest.startsWith(each) || each.startsWith(rest),
        );
        if (whole === undefined || whole === '') continue;
        const shown = whole.slice(0, rest.length);
        group.tokens.forEach((each, index) =>
          taken.push({ ...each, token: index === group.tokens.length - 1 ? shown : '' }),
        );
        rest = rest.slice(shown.length);
        // A token is cut where its end could begin a stop text. What follows then is sure.
        if (whole !== shown) groups.unshift({ text: whole.slice(shown.length), tokens: [{ logprob: 0, top: [] }] });
      }
      return taken;
    },
    async during(work) {
      const sampler = new _llama._bindings.AddonSampler(_model);
      // Greedy and nothing else: this chain changes no logit.
      sampler.applyConfig({ temperature: 0 });
      try {
        return await whileDecoding(sequence, (decode) => recording(decode, sampler), work);
      } finally {
        sampler.dispose();
      }
    },
  };
}

type Seen = { readonly logprob: number; readonly top: readonly { readonly token: Token; readonly logprob: number }[] };

async function readLogits(
  context: NativeContext,
  at: { logit: number; sampler: NativeSampler; chosen: Token; count: number },
): Promise<Seen> {
  const { logit, sampler, chosen, count } = at;
  const wanted = Math.max(1, count);
  const [, , , logits, weight = 1] = await context.sampleToken(
    logit,
    sampler,
    false,
    false,
    [[chosen], false, false, false, wanted],
    true,
  );
  const values = new Map<Token, number>();
  for (let i = 0; i + 1 < logits.length; i += 2) values.set(logits[i] as Token, logits[i + 1] ?? -Infinity);
  const likeliest = [...values].sort((a, b) => b[1] - a[1]);
  // The weight is the sum of all e^(logit - highest logit).
  const zero = (likeliest[0]?.[1] ?? 0) + Math.log(weight);
  return {
    logprob: (values.get(chosen) ?? -Infinity) - zero,
    top: likeliest.slice(0, count).map(([token, value]) => ({ token, logprob: value - zero })),
  };
}

/** Tokens of context that a token's text may depend on. */
const trailLength = 8;

function createGrouping(model: LlamaModel, groups: Group[]): (token: Token, seen: Seen) => void {
  const trail: Token[] = [];
  let parts: Token[] = [];
  let open: Omit<TokenLogprob, 'token'>[] = [];
  const read = (tokens: Token[]): string => model.detokenize(tokens, false, trail.slice(-trailLength));
  const whole = (text: string): boolean => !text.endsWith('\uFFFD');
  return (token, { logprob, top }) => {
    if (model.isSpecialToken(token) || model.isEogToken(token)) return;
    parts.push(token);
    const named = top.map((each) => {
      const text = model.detokenize([each.token], true, trail.slice(-trailLength));
      return { token: whole(text) ? text : '', logprob: each.logprob };
    });
    open.push({ logprob, top: named });
    const text = read(parts);
    if (!whole(text)) return;
    trail.push(...parts);
    groups.push({ text, tokens: open });
    parts = [];
    open = [];
  };
}
