import {
  type InfillRequest,
  type LlamacppAnswer,
  type LlamacppCompletion,
  type LlamacppInfill,
  type LlamacppTimings,
  type ModelEvent,
  type TokenCounts,
} from '@nootropic/contracts';
import type { Gateway, GatewayAnswer } from '@nootropic/core';
import { stopsOf } from './openai-chat-request.ts';
import { answerHeaders, startAnswer, stopped } from './wire-answer.ts';
import type { WireAnswer, WireCall, WireEvent } from './wire-handler.ts';

export interface LlamacppParts {
  readonly gateway: Gateway;
  /** Milliseconds. */
  readonly now: () => number;
}

type Body = LlamacppInfill | LlamacppCompletion;
type Caller = WireCall['caller'];
type Finish = Extract<ModelEvent, { type: 'finish' }>;

/** Answers `/infill`. */
export async function answerInfill(parts: LlamacppParts, call: WireCall): Promise<WireAnswer> {
  const body = call.body as LlamacppInfill;
  const extra = (body.input_extra ?? []).map(({ filename, text }) => ({ text, ...(filename && { name: filename }) }));
  return answerText(parts, call, {
    prefix: body.input_prefix,
    suffix: body.input_suffix,
    ...(body.prompt && { begun: body.prompt }),
    ...(extra.length > 0 && { extra }),
    temperature: body.temperature ?? 0,
  });
}

/** Answers `/completion`. */
export async function answerCompletion(parts: LlamacppParts, call: WireCall): Promise<WireAnswer> {
  const { prompt, model, temperature } = call.body as LlamacppCompletion;
  const prefix =
    typeof prompt === 'string'
      ? prompt
      : await (await parts.gateway.open(model ?? undefined, 'chat', call.caller)).detokenize(prompt);
  return answerText(parts, call, { prefix, suffix: '', raw: true, temperature: temperature ?? 0.2 });
}

async function answerText(
  { gateway, now }: LlamacppParts,
  call: WireCall,
  text: Pick<InfillRequest, 'prefix' | 'suffix' | 'begun' | 'extra' | 'raw' | 'temperature'>,
): Promise<WireAnswer> {
  const body = call.body as Body;
  const limit = body.n_predict ?? -1;
  // A prompt that is only to be read must not take the place of a completion that somebody waits for.
  const given: Caller = limit === 0 ? { ...call.caller, workClass: 'batch' } : call.caller;
  const enough = new AbortController();
  const caller: Caller = { ...given, signal: AbortSignal.any([given.signal, enough.signal]) };
  const startedAt = now();
  const answer = await gateway.infill(
    {
      ...text,
      ...(body.model && { model: body.model }),
      maxTokens: limit < 0 ? await asManyAsFit(gateway, body.model ?? undefined) : Math.max(1, limit),
      ...(typeof body.top_p === 'number' && { topP: body.top_p }),
      ...(typeof body.seed === 'number' && body.seed >= 0 && { seed: body.seed }),
      ...stopsOf(body.stop),
    },
    caller,
  );
  const run: Run = {
    body,
    answer,
    startedAt,
    now,
    silent: limit === 0,
    prompt: text.prefix + (text.begun ?? ''),
    enough,
    signal: given.signal,
  };
  if (body.stream === true) {
    const started = await startAnswer(answer);
    return { kind: 'events', events: textEvents(run, started.events), headers: started.headers };
  }
  let whole = '';
  let ending: LlamacppAnswer | undefined;
  for await (const { data } of textEvents(run, answer.events)) {
    const piece = data as { readonly content: string };
    if ('timings' in piece) ending = data as LlamacppAnswer;
    else whole += piece.content;
  }
  const { timings } = ending as LlamacppAnswer;
  return {
    kind: 'json',
    body: { ...(ending as LlamacppAnswer), content: whole },
    headers: answerHeaders(answer, { reused: timings.cache_n, evaluated: timings.prompt_n }),
  };
}

/** Tokens of an answer without a limit: a model of this machine ends where its context does, another's server might refuse so many. */
async function asManyAsFit(gateway: Gateway, name: string | undefined): Promise<number> {
  const { info } = await gateway.find(name, 'chat');
  return info.ref.startsWith('file:') && info.contextLength > 0 ? info.contextLength : 1024;
}

interface Run {
  readonly body: Body;
  readonly answer: GatewayAnswer;
  readonly startedAt: number;
  readonly now: () => number;
  /** Nothing of the answer is wanted. */
  readonly silent: boolean;
  readonly prompt: string;
  /** Ends the generation when it took long enough. */
  readonly enough: AbortController;
  readonly signal: AbortSignal;
}

/** The pieces of an answer, and at last what is known of the whole. */
async function* textEvents(run: Run, events: AsyncIterable<ModelEvent>): AsyncGenerator<WireEvent> {
  const { body, answer, now, silent } = run;
  let firstAt: number | undefined;
  let pieces = 0;
  let hasNewLine = false;
  let cache = 0;
  const piece = (content: string, more: object = {}): WireEvent => ({
    data: {
      index: 0,
      content,
      tokens: [],
      stop: false,
      id_slot: 0,
      tokens_predicted: pieces,
      tokens_evaluated: answer.promptTokens,
      ...more,
    },
  });
  for await (const event of events) {
    if (event.type === 'prompt-progress') {
      cache = event.reused ?? cache;
      const { total, done } = event;
      const progress = { total, cache, processed: done, time_ms: now() - run.startedAt };
      if (body.stream === true && body.return_progress === true) yield piece('', { prompt_progress: progress });
    } else if (event.type === 'text' && !silent) {
      firstAt ??= now();
      pieces += 1;
      hasNewLine ||= event.text.includes('\n');
      yield piece(event.text);
      const limit = body.t_max_predict_ms ?? 0;
      if (limit > 0 && hasNewLine && now() - firstAt > limit) run.enough.abort();
    } else if (event.type === 'finish') {
      if (event.reason === 'aborted' && !run.enough.signal.aborted) throw stopped(run.signal);
      yield { data: { ...wholeOf(run, event, firstAt ?? now()), has_new_line: hasNewLine } };
    }
  }
}

function wholeOf(run: Run, { reason, stop, tokens }: Finish, firstAt: number): Omit<LlamacppAnswer, 'has_new_line'> {
  const { answer, silent, now, startedAt } = run;
  const prompt = tokens.read + tokens.reused > 0 ? tokens.read + tokens.reused : answer.promptTokens;
  return {
    index: 0,
    content: '',
    tokens: [],
    id_slot: 0,
    stop: true,
    model: answer.model.name,
    tokens_predicted: silent ? 0 : tokens.written,
    tokens_evaluated: prompt,
    generation_settings: settingsOf(run.body, answer.contextLength),
    prompt: run.prompt,
    truncated: false,
    stop_type: silent || reason === 'length' || reason === 'aborted' ? 'limit' : stop === undefined ? 'eos' : 'word',
    stopping_word: stop ?? '',
    tokens_cached: prompt + tokens.written,
    timings: timingsOf({ ...tokens, written: silent ? 0 : tokens.written }, firstAt - startedAt, now() - firstAt),
  };
}

/** How an answer is made where the request does not say. */
export function settingsOf(body: Partial<Body>, contextLength: number): LlamacppAnswer['generation_settings'] {
  return {
    n_ctx: contextLength,
    n_predict: body.n_predict ?? -1,
    temperature: body.temperature ?? 0.2,
    top_p: body.top_p ?? 0.95,
    top_k: 40,
    min_p: 0,
    seed: body.seed ?? -1,
    stop: stopsOf(body.stop).stop ?? [],
    stream: body.stream === true,
  };
}

function timingsOf({ read, reused, written }: TokenCounts, promptMs: number, predictedMs: number): LlamacppTimings {
  const each = (ms: number, count: number): number => (count === 0 ? 0 : ms / count);
  const speed = (ms: number, count: number): number => (ms <= 0 ? 0 : (count * 1000) / ms);
  return {
    cache_n: reused,
    prompt_n: read,
    prompt_ms: promptMs,
    prompt_per_token_ms: each(promptMs, read),
    prompt_per_second: speed(promptMs, read),
    predicted_n: written,
    predicted_ms: predictedMs,
    predicted_per_token_ms: each(predictedMs, written),
    predicted_per_second: speed(predictedMs, written),
  };
}
