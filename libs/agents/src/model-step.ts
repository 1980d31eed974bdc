import type { GenerateRequest, Message, TokenCounts, ToolCall, ToolSpec } from '@nootropic/contracts';
import type { PlacedCall } from './call-body.ts';
import { createCallMapper } from './dialect-mapping.ts';
import { createCallReader, type CallReading } from './dialect-reader.ts';
import { constraintsOf } from './grammar-constrain.ts';
import { textMessages } from './text-tools.ts';
import type { Tool } from './tool.ts';
import type { TurnRequest } from './turn-request.ts';
import type { TurnStep } from './turn-step.ts';

/** What one answer of the model came to. */
export interface ModelStep {
  /** Text that is shown, without calls and thoughts. */
  readonly said: string;
  readonly calls: readonly PlacedCall[];
  /** A call that could not be read, as it was written. */
  readonly broken?: string;
  readonly reason: 'stop' | 'length' | 'tool-call' | 'aborted';
  readonly tokens: TokenCounts;
}

export interface StepPrompt {
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  readonly announced: readonly string[];
}

export const noTokens: TokenCounts = { read: 0, reused: 0, written: 0 };

export function sumTokens(a: TokenCounts, b: TokenCounts): TokenCounts {
  return { read: a.read + b.read, reused: a.reused + b.reused, written: a.written + b.written };
}

/**
 * One answer of the model: its text and thoughts as events, its calls in the return value. Calls that the runtime did not recognise are read from the
 * text, in whatever dialect they are. An answer without a word and without a call is asked for once more without thinking, since
 * small models think until nothing is left to answer with.
 */
export async function* modelStep(request: TurnRequest, prompt: StepPrompt): AsyncGenerator<TurnStep, ModelStep> {
  // Thoughts take half of what a step may write at most, so that something is left to act with.
  const bounded = request.actions && request.model.info.local ? Math.floor(request.limits.maxTokens / 2) : undefined;
  const thinking = request.thinkingTokens ?? bounded;
  const step = yield* oneAnswer(request, prompt, thinking);
  const isEmpty = step.said.trim() === '' && step.calls.length === 0 && step.reason !== 'aborted';
  if (!isEmpty || thinking === 0) return step;
  const second = yield* oneAnswer(request, prompt, 0);
  return { ...second, tokens: sumTokens(step.tokens, second.tokens) };
}

async function* oneAnswer(
  request: TurnRequest,
  prompt: StepPrompt,
  thinkingTokens: number | undefined,
): AsyncGenerator<TurnStep, ModelStep> {
  const { call, signal, makeId } = request;
  const specs = prompt.tools.map((tool) => tool.spec);
  const reader = specs.length > 0 ? createCallReader({ tools: specs, ...(makeId && { makeId }) }) : undefined;
  const calls: PlacedCall[] = [];
  let said = '';
  let broken: string | undefined;
  let reason: ModelStep['reason'] = 'stop';
  let tokens = noTokens;
  function* take(reading: CallReading): Generator<TurnStep> {
    if (reading.reasoning !== '') yield { type: 'reasoning-delta', text: reading.reasoning };
    if (reading.text !== '') {
      said += reading.text;
      yield { type: 'text-delta', text: reading.text };
    }
    calls.push(...reading.calls.map((each) => ({ call: each, at: said.length })));
    broken ??= reading.broken;
  }
  const generated = request.model.generate(await generation(request, prompt, thinkingTokens), {
    workClass: request.actions ? 'agent' : 'chat',
    ...call,
    ...(signal && { signal }),
  });
  for await (const event of generated) {
    switch (event.type) {
      case 'text':
        yield* take(reader?.push(event.text) ?? { text: event.text, reasoning: '', calls: [] });
        break;
      case 'reasoning':
        yield { type: 'reasoning-delta', text: event.text };
        break;
      case 'prompt-progress':
        // That nothing was read yet is no progress.
        if (event.done !== event.reused) yield { type: 'progress', task: 'read', done: event.done, total: event.total };
        break;
      case 'tool-call':
        calls.push({ call: ownWords(event.call, specs), at: said.length });
        break;
      case 'finish':
        reason = event.reason;
        tokens = event.tokens;
        break;
    }
  }
  if (reader) yield* take(reader.end({ cut: reason === 'length' || reason === 'aborted' }));
  return { said, calls, reason, tokens, ...(broken !== undefined && { broken }) };
}

/** A call that a runtime recognised, in the words of its tool where the model used others. One that fits as it is stays as it was written. */
function ownWords(call: ToolCall, specs: readonly ToolSpec[]): ToolCall {
  const own = specs.find(({ name }) => name === call.name)?.parameters;
  const known = Object.keys((own?.['properties'] ?? {}) as object);
  const required = (own?.['required'] ?? []) as readonly string[];
  const given = Object.keys(call.arguments);
  if (own && given.every((key) => known.includes(key)) && required.every((key) => given.includes(key))) return call;
  const mapped = createCallMapper(specs).map({ name: call.name, arguments: call.arguments }, true);
  return mapped === undefined ? call : { ...call, ...mapped };
}

async function generation(
  { limits, model, existing }: TurnRequest,
  { messages, tools, announced }: StepPrompt,
  thinkingTokens: number | undefined,
): Promise<GenerateRequest> {
  const base = {
    maxTokens: limits.maxTokens,
    ...(thinkingTokens !== undefined && { thinkingTokens }),
  };
  if (tools.length === 0) return { messages, ...base };
  const specs = tools.map((tool) => tool.spec);
  if (!model.info.can.includes('tools')) {
    const front = specs.filter(({ name }) => !announced.includes(name));
    return { messages: textMessages(messages, front), ...base };
  }
  const paths = model.info.local && existing ? await existing() : [];
  const constrain = constraintsOf(specs, { paths });
  return {
    ...{ messages, tools: specs, ...base },
    ...(announced.length > 0 && { announcedTools: announced }),
    ...(Object.keys(constrain).length > 0 && { constrain }),
  };
}
