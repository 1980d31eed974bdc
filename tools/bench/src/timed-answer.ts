import type { CallOptions, GenerateRequest, Model, ModelEvent, TokenCounts } from '@nootropic/contracts';
import type { LlamaServer } from './llama-programs.ts';

/** When an answer began and ended, in milliseconds from the request. */
export interface TimedAnswer {
  /** The first text; where the tokens have none, as an unprintable one, the end. */
  readonly firstMs: number;
  readonly totalMs: number;
  readonly tokens: TokenCounts;
  readonly text: string;
}

/** Tokens that go before those that are counted. */
const leading = 8;

/**
 * Tokens written per second: how much longer a long answer takes than a short one of the same prompt, which is held from the first call
 * on. So neither the prompt counts, nor that several tokens may arrive together. Throws where the model ended by itself.
 */
export async function writeSpeed(ask: (maxTokens: number) => Promise<TimedAnswer>, tokens: number): Promise<number> {
  const times = { short: 0, long: 0 };
  await ask(1);
  for (const [name, wanted] of [
    ['short', leading],
    ['long', leading + tokens],
  ] as const) {
    const answer = await ask(wanted);
    if (answer.tokens.written < wanted)
      throw new Error(`The model wrote ${answer.tokens.written} tokens instead of ${wanted}.`);
    times[name] = answer.totalMs;
  }
  return (tokens / (times.long - times.short)) * 1_000;
}

/** The prompt tokens per second until the first token of the answer. */
export function readSpeed({ firstMs, tokens }: TimedAnswer): number {
  return (tokens.read / firstMs) * 1_000;
}

/** Greedy and without guesses, so that two runs of the same prompt do the same work. */
export const plain = { temperature: 0, seed: 1, lookup: 'off' } as const satisfies Partial<GenerateRequest>;

/** Times an answer of a model of ours. */
export async function timeAnswer(
  model: Model,
  request: GenerateRequest,
  options: CallOptions = {},
): Promise<TimedAnswer> {
  return timeEvents(model.generate({ ...plain, ...request }, options));
}

/** Times the completion of a gap. */
export async function timeInfill(
  model: Model,
  request: { readonly prefix: string; readonly suffix: string; readonly maxTokens: number },
  options: CallOptions = {},
): Promise<TimedAnswer> {
  return timeEvents(model.infill({ ...request, seed: 1 }, { workClass: 'completion', ...options }));
}

async function timeEvents(events: AsyncIterable<ModelEvent>): Promise<TimedAnswer> {
  const start = performance.now();
  let firstMs = Number.NaN;
  let text = '';
  let tokens: TokenCounts = { read: 0, reused: 0, written: 0 };
  for await (const event of events) {
    if (event.type === 'text') {
      if (text === '') firstMs = performance.now() - start;
      text += event.text;
    } else if (event.type === 'finish') tokens = event.tokens;
  }
  return timed({ start, firstMs, tokens, text });
}

/** Times an answer of llama-server by its own protocol: a prompt as text, or a gap to fill. It does not stop before `maxTokens`. */
export async function timeServerAnswer(
  server: LlamaServer,
  request: {
    readonly prompt?: string;
    readonly prefix?: string;
    readonly suffix?: string;
    readonly maxTokens: number;
    /** Keep and use what was read before. Default false. */
    readonly reuse?: boolean;
  },
  signal: AbortSignal,
): Promise<TimedAnswer> {
  const start = performance.now();
  const gap = request.prompt === undefined;
  const response = await fetch(`${server.url}/${gap ? 'infill' : 'completion'}`, {
    method: 'POST',
    signal,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...(gap ? { input_prefix: request.prefix, input_suffix: request.suffix } : { prompt: request.prompt }),
      n_predict: request.maxTokens,
      temperature: 0,
      seed: 1,
      ignore_eos: true,
      stream: true,
      cache_prompt: request.reuse ?? false,
    }),
  });
  if (!response.ok || response.body === null)
    throw new Error(`llama-server answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
  let firstMs = Number.NaN;
  let text = '';
  let tokens: TokenCounts = { read: 0, reused: 0, written: 0 };
  let rest = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.filter((each) => each.startsWith('data: '))) {
      const said = JSON.parse(line.slice(6)) as {
        content?: string;
        timings?: { prompt_n: number; cache_n?: number; predicted_n: number };
        error?: { message: string };
      };
      if (said.error !== undefined) throw new Error(`llama-server: ${said.error.message}`);
      if (Number.isNaN(firstMs) && said.content !== undefined) firstMs = performance.now() - start;
      text += said.content ?? '';
      if (said.timings)
        tokens = { read: said.timings.prompt_n, reused: said.timings.cache_n ?? 0, written: said.timings.predicted_n };
    }
  }
  return timed({ start, firstMs, tokens, text });
}

/** An answer that ends now. */
export function timed(of: {
  readonly start: number;
  readonly firstMs: number;
  readonly tokens: TokenCounts;
  readonly text: string;
}): TimedAnswer {
  const totalMs = performance.now() - of.start;
  return { firstMs: Number.isNaN(of.firstMs) ? totalMs : of.firstMs, totalMs, tokens: of.tokens, text: of.text };
}
