import type {
  AnthropicAnswer,
  AnthropicBlock,
  AnthropicCount,
  AnthropicRequest,
  AnthropicUsage,
  ModelEvent,
  TokenCounts,
} from '@nootropic/contracts';
import type { Gateway, GatewayAnswer } from '@nootropic/core';
import { readAnthropicPrompt, readAnthropicRequest } from './anthropic-request.ts';
import { arrangeOf } from './openai-chat.ts';
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

export interface AnthropicParts {
  readonly gateway: Gateway;
  readonly newId: () => string;
}

/** Answers `/v1/messages`. */
export async function answerMessages(parts: AnthropicParts, call: WireCall): Promise<WireAnswer> {
  const body = call.body as AnthropicRequest;
  const { ask, forced, manyCalls } = readAnthropicRequest(body);
  const opened = await parts.gateway.chat({ ...ask, ...arrangeOf(call) }, call.caller);
  const events =
    forced.length > 0 ? readForcedCall(opened.events, { tools: forced, newId: parts.newId }) : opened.events;
  const answer: GatewayAnswer = { ...opened, events: manyCalls ? events : withOneCall(events) };
  const id = `msg_${parts.newId()}`;
  if (body.stream === true) {
    const started = await startAnswer(answer);
    return {
      kind: 'events',
      events: messageEvents({ ...parts, id }, started, call.caller.signal),
      headers: started.headers,
    };
  }
  const gathered = await gatherAnswer(answer.events, call.caller.signal);
  const { read, reused } = gathered.tokens;
  return {
    kind: 'json',
    body: {
      ...emptyMessage(id, answer),
      content: blocksOf(gathered),
      ...endOf(gathered),
      usage: usageOf(gathered.tokens, answer),
    } satisfies AnthropicAnswer,
    headers: answerHeaders(answer, { reused, evaluated: read }),
  };
}

/** Answers `/v1/messages/count_tokens`. */
export async function answerCount({ gateway }: AnthropicParts, call: WireCall): Promise<WireAnswer> {
  const { ask } = readAnthropicPrompt(call.body as AnthropicCount);
  return { kind: 'json', body: { input_tokens: await gateway.countTokens(ask, call.caller) } };
}

async function* withOneCall(events: AsyncIterable<ModelEvent>): AsyncGenerator<ModelEvent> {
  let called = false;
  for await (const event of events) {
    if (event.type === 'tool-call' && called) continue;
    called ||= event.type === 'tool-call';
    yield event;
  }
}

/** The events of one answer, as https://docs.anthropic.com/en/docs/build-with-claude/streaming has them. */
async function* messageEvents(
  { id }: AnthropicParts & { readonly id: string },
  { answer, events }: StartedAnswer,
  signal: AbortSignal,
): AsyncGenerator<WireEvent> {
  const event = (data: { readonly type: string } & Readonly<Record<string, unknown>>): WireEvent => ({
    event: data.type,
    data,
  });
  let index = -1;
  let open: 'text' | 'thinking' | undefined;
  let calls = 0;
  let begun = false;
  const begin = function* (tokens: TokenCounts | undefined): Generator<WireEvent> {
    if (begun) return;
    begun = true;
    yield event({
      type: 'message_start',
      message: { ...emptyMessage(id, answer), usage: usageOf(tokens, answer) },
    });
    yield event({ type: 'ping' });
  };
  const close = function* (): Generator<WireEvent> {
    if (open === 'thinking')
      yield event({ type: 'content_block_delta', index, delta: { type: 'signature_delta', signature: '' } });
    if (open !== undefined) yield event({ type: 'content_block_stop', index });
    open = undefined;
  };
  const turnTo = function* (kind: 'text' | 'thinking'): Generator<WireEvent> {
    if (open === kind) return;
    yield* close();
    index += 1;
    open = kind;
    yield event({ type: 'content_block_start', index, content_block: emptyBlock(kind) });
  };
  for await (const given of events) {
    if (given.type === 'prompt-progress') {
      const { total, reused = 0 } = given;
      if (begun) yield event({ type: 'ping' });
      else yield* begin({ read: total - reused, reused, written: 0 });
      continue;
    }
    yield* begin(given.type === 'finish' ? given.tokens : undefined);
    if (given.type === 'text') {
      yield* turnTo('text');
      yield event({ type: 'content_block_delta', index, delta: { type: 'text_delta', text: given.text } });
    } else if (given.type === 'reasoning') {
      yield* turnTo('thinking');
      yield event({ type: 'content_block_delta', index, delta: { type: 'thinking_delta', thinking: given.text } });
    } else if (given.type === 'tool-call') {
      yield* close();
      index += 1;
      calls += 1;
      const { id: callId, name, arguments: input } = given.call;
      yield event({
        type: 'content_block_start',
        index,
        content_block: { type: 'tool_use', id: callId, name, input: {} },
      });
      yield event({
        type: 'content_block_delta',
        index,
        delta: { type: 'input_json_delta', partial_json: JSON.stringify(input) },
      });
      yield event({ type: 'content_block_stop', index });
    } else {
      if (given.reason === 'aborted') throw stopped(signal);
      yield* close();
      const { stop, tokens } = given;
      const delta = endOf({ reason: calls > 0 ? 'tool-call' : given.reason, ...(stop !== undefined && { stop }) });
      yield event({ type: 'message_delta', delta, usage: usageOf(tokens, answer) });
      yield event({ type: 'message_stop' });
    }
  }
}

function emptyMessage(id: string, { model }: GatewayAnswer): Omit<AnthropicAnswer, 'usage'> {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model: model.name,
    content: [],
    stop_reason: null,
    stop_sequence: null,
  };
}

function emptyBlock(kind: 'text' | 'thinking'): AnthropicBlock {
  return kind === 'text'
    ? { type: 'text', text: '', citations: null }
    : { type: 'thinking', thinking: '', signature: '' };
}

function blocksOf({ text, reasoning, calls }: GatheredAnswer): AnthropicBlock[] {
  return [
    ...(reasoning === '' ? [] : [{ type: 'thinking', thinking: reasoning, signature: '' } as const]),
    ...(text === '' ? [] : [{ type: 'text', text, citations: null } as const]),
    ...calls.map((call) => ({ type: 'tool_use', id: call.id, name: call.name, input: call.arguments }) as const),
  ];
}

function endOf({ reason, stop }: Pick<GatheredAnswer, 'reason' | 'stop'>): {
  readonly stop_reason: NonNullable<AnthropicAnswer['stop_reason']>;
  readonly stop_sequence: string | null;
} {
  if (reason === 'tool-call') return { stop_reason: 'tool_use', stop_sequence: null };
  if (reason === 'length') return { stop_reason: 'max_tokens', stop_sequence: null };
  return stop === undefined
    ? { stop_reason: 'end_turn', stop_sequence: null }
    : { stop_reason: 'stop_sequence', stop_sequence: stop };
}

/** What is known of the tokens; at first the prompt alone. */
function usageOf(tokens: TokenCounts | undefined, { promptTokens }: GatewayAnswer): AnthropicUsage {
  const { read, reused, written } = tokens ?? { read: promptTokens, reused: 0, written: 0 };
  return {
    input_tokens: read + reused === 0 ? promptTokens : read,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: reused,
    output_tokens: written,
  };
}
