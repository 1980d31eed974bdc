import type {
  ModelEvent,
  OpenaiChatRequest,
  OpenaiUsage,
  TokenCounts,
  TokenLogprob,
  ToolCall,
} from '@nootropic/contracts';
import type { ChatAsk, Gateway, GatewayAnswer, GatewayCaller } from '@nootropic/core';
import { readChatRequest, type OpenaiAsk } from './openai-chat-request.ts';
import {
  answerHeaders,
  gatherAnswer,
  startAnswer,
  stopped,
  type GatheredAnswer,
  type StartedAnswer,
} from './wire-answer.ts';
import { readForcedCall } from './wire-forced-call.ts';
import type { WireAnswer, WireCall, WireEvent } from './wire-handler.ts';

export interface OpenaiParts {
  readonly gateway: Gateway;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
}

type Caller = WireCall['caller'];

/** A generation as this API asks for it. */
export interface OpenaiGeneration extends OpenaiAsk {
  readonly caller: Caller;
  /** False: of several calls the first alone counts. */
  readonly manyCalls: boolean;
}

/** Answers `/v1/chat/completions`. Several answers are written one after another: each but the first finds the prompt read. */
export async function answerChat(parts: OpenaiParts, call: WireCall): Promise<WireAnswer> {
  const body = call.body as OpenaiChatRequest;
  const read = readChatRequest(body);
  const work: OpenaiGeneration = {
    ...read,
    ask: { ...read.ask, ...arrangeOf(call) },
    caller: callerOf(call, read.session),
    manyCalls: body.parallel_tool_calls !== false,
  };
  const head = { id: `chatcmpl-${parts.newId()}`, created: Math.floor(parts.now() / 1000) };
  const count = body.n ?? 1;
  const extra = ignoredHeader(read.ignored);
  if (body.stream === true) {
    const first = await startAnswer(await open(parts, work, 0));
    const events = chatChunks(parts, work, {
      ...head,
      first,
      count,
      usage: body.stream_options?.include_usage === true,
    });
    return { kind: 'events', events, headers: { ...first.headers, ...extra } };
  }
  const choices: object[] = [];
  let sum = noUsage;
  let last: GatewayAnswer | undefined;
  let counts: TokenCounts | undefined;
  for (let index = 0; index < count; index += 1) {
    last = await open(parts, work, index);
    const gathered = await gatherAnswer(last.events, work.caller.signal);
    counts ??= gathered.tokens;
    sum = added(sum, await usageOf(parts, { answer: last, ...gathered, caller: work.caller }));
    choices.push(choiceOf(gathered, index, work.ask.logprobs !== undefined));
  }
  const answer = last as GatewayAnswer;
  return {
    kind: 'json',
    body: { ...head, object: 'chat.completion', model: answer.model.name, choices, usage: sum },
    headers: {
      ...answerHeaders(answer, counts && { reused: counts.reused, evaluated: counts.read }),
      ...extra,
    },
  };
}

/** Begins one of several answers: each with its own seed, since one seed would give the same text again. */
export async function open(
  { gateway, newId }: OpenaiParts,
  work: OpenaiGeneration,
  index: number,
): Promise<GatewayAnswer> {
  const { seed } = work.ask;
  const ask: ChatAsk = { ...work.ask, ...(seed !== undefined && { seed: seed + index }) };
  const answer = await gateway.chat(ask, work.caller);
  const { forced } = work;
  const events = forced.length > 0 ? readForcedCall(answer.events, { tools: forced, newId }) : answer.events;
  return { ...answer, events: work.manyCalls ? events : withOneCall(events) };
}

async function* withOneCall(events: AsyncIterable<ModelEvent>): AsyncGenerator<ModelEvent> {
  let called = false;
  for await (const event of events) {
    if (event.type === 'tool-call' && called) continue;
    called ||= event.type === 'tool-call';
    yield event;
  }
}

export function callerOf(call: WireCall, session: string | undefined): Caller {
  return call.caller.session === undefined && session !== undefined ? { ...call.caller, session } : call.caller;
}

export function arrangeOf({ headers }: WireCall): Pick<ChatAsk, 'arrange'> {
  return headers.get('x-nootropic-arrange') === 'off' ? { arrange: false } : {};
}

export function ignoredHeader(ignored: readonly string[]): Readonly<Record<string, string>> {
  return ignored.length > 0 ? { 'x-nootropic-ignored': ignored.join(',') } : {};
}

interface ChunkPlan {
  readonly id: string;
  readonly created: number;
  readonly first: StartedAnswer;
  readonly count: number;
  /** Whether the last chunk tells the tokens. */
  readonly usage: boolean;
}

async function* chatChunks(
  parts: OpenaiParts,
  work: OpenaiGeneration,
  { id, created, first, count, usage }: ChunkPlan,
): AsyncGenerator<WireEvent> {
  const model = first.answer.model.name;
  const chunk = (choices: readonly object[], tokens: OpenaiUsage | null = null): WireEvent => ({
    data: { id, object: 'chat.completion.chunk', created, model, choices, ...(usage && { usage: tokens }) },
  });
  let sum = noUsage;
  for (let index = 0; index < count; index += 1) {
    const started = index === 0 ? first : await startAnswer(await open(parts, work, index));
    const delta = (fields: object, more: object = {}): WireEvent =>
      chunk([{ index, delta: fields, finish_reason: null, ...more }]);
    let calls = 0;
    let reasoning = '';
    yield delta({ role: 'assistant', content: '' });
    for await (const event of started.events) {
      if (event.type === 'text')
        yield delta({ content: event.text }, event.logprobs && { logprobs: logprobsOf(event.logprobs) });
      else if (event.type === 'reasoning') {
        reasoning += event.text;
        yield delta({ reasoning_content: event.text });
      } else if (event.type === 'tool-call') {
        const { id: callId, name, arguments: given } = event.call;
        const at = calls++;
        const head = { index: at, id: callId, type: 'function', function: { name, arguments: '' } };
        yield delta({ tool_calls: [head] });
        yield delta({ tool_calls: [{ index: at, function: { arguments: JSON.stringify(given) } }] });
      } else if (event.type === 'finish') {
        if (event.reason === 'aborted') throw stopped(work.caller.signal);
        yield chunk([{ index, delta: {}, finish_reason: calls > 0 ? 'tool_calls' : finishOf(event.reason) }]);
        if (usage)
          sum = added(
            sum,
            await usageOf(parts, { answer: started.answer, reasoning, tokens: event.tokens, caller: work.caller }),
          );
      }
    }
  }
  if (usage) yield chunk([], sum);
  yield { data: '[DONE]' };
}

function choiceOf(
  { text, reasoning, calls, logprobs, reason }: GatheredAnswer,
  index: number,
  wanted: boolean,
): object {
  return {
    index,
    message: {
      role: 'assistant',
      content: text === '' && calls.length > 0 ? null : text,
      refusal: null,
      ...(reasoning !== '' && { reasoning_content: reasoning }),
      ...(calls.length > 0 && { tool_calls: calls.map(toolCallOf) }),
    },
    logprobs: wanted ? logprobsOf(logprobs) : null,
    finish_reason: finishOf(reason),
  };
}

function toolCallOf({ id, name, arguments: given }: ToolCall): object {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(given) } };
}

function finishOf(reason: GatheredAnswer['reason']): string {
  return reason === 'tool-call' ? 'tool_calls' : reason;
}

function logprobsOf(logprobs: readonly TokenLogprob[]): object {
  return {
    content: logprobs.map(({ token, logprob, top }) => ({
      ...logprobOf({ token, logprob }),
      top_logprobs: top.map(logprobOf),
    })),
    refusal: null,
  };
}

/** JSON knows no infinity: what cannot be is as improbable as OpenAI says it, -9999. */
export function logprobOf({ token, logprob }: { readonly token: string; readonly logprob: number }): {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
} {
  return { token, logprob: Number.isFinite(logprob) ? logprob : -9999, bytes: [...Buffer.from(token, 'utf8')] };
}

interface Spent {
  readonly answer: GatewayAnswer;
  readonly tokens: TokenCounts;
  readonly reasoning: string;
  readonly caller: GatewayCaller;
}

const noUsage: OpenaiUsage = {
  prompt_tokens: 0,
  completion_tokens: 0,
  total_tokens: 0,
  prompt_tokens_details: { cached_tokens: 0 },
};

/** The tokens of one answer. Those of its thoughts are counted where the model's tokenizer is at hand. */
export async function usageOf({ gateway }: OpenaiParts, spent: Spent): Promise<OpenaiUsage> {
  const { read, reused, written } = spent.tokens;
  const prompt = read + reused > 0 ? read + reused : spent.answer.promptTokens;
  const thought = spent.reasoning === '' ? 0 : await countThoughts(gateway, spent);
  return {
    prompt_tokens: prompt,
    completion_tokens: written,
    total_tokens: prompt + written,
    prompt_tokens_details: { cached_tokens: Math.min(prompt, reused) },
    ...(thought !== undefined && { completion_tokens_details: { reasoning_tokens: Math.min(thought, written) } }),
  };
}

async function countThoughts(gateway: Gateway, { answer, reasoning, caller }: Spent): Promise<number | undefined> {
  try {
    const { name, role } = answer.model;
    return await (await gateway.open(name, role, caller)).countTokens(reasoning);
  } catch {
    // A count is never worth a failure of an answer that is there.
    return undefined;
  }
}

/** Several answers to one prompt: it counts once. */
function added(sum: OpenaiUsage, { completion_tokens_details: details, ...more }: OpenaiUsage): OpenaiUsage {
  if (sum === noUsage) return details === undefined ? more : { ...more, completion_tokens_details: details };
  const { completion_tokens_details: before } = sum;
  const completion = sum.completion_tokens + more.completion_tokens;
  return {
    ...sum,
    completion_tokens: completion,
    total_tokens: sum.prompt_tokens + completion,
    ...(before &&
      details && {
        completion_tokens_details: { reasoning_tokens: before.reasoning_tokens + details.reasoning_tokens },
      }),
  };
}
