import { NootropicError, type Message, type ModelEvent, type ToolSpec } from '@nootropic/contracts';
import type { ChatAsk } from '@nootropic/core';
import { callSchema } from './wire-json-schema.ts';

/**
 * A request that a tool must be called in answer to. Models choose by themselves whether they call, so the call is asked for as the answer: the tools are
 * told in the last message, the answer is JSON under a schema that allows calls of them alone, and `readForcedCall` makes a call of it.
 */
export function forceCall(ask: ChatAsk, tools: readonly ToolSpec[]): ChatAsk {
  const { tools: _shown, jsonSchema: _form, ...rest } = ask;
  return { ...rest, messages: withRequest(ask.messages, tools), jsonSchema: callSchema(tools) };
}

/** The events of an answer to `forceCall`, with the call in place of its text. An answer that was cut off holds none. */
export async function* readForcedCall(
  events: AsyncIterable<ModelEvent>,
  options: { readonly tools: readonly ToolSpec[]; readonly newId: () => string },
): AsyncGenerator<ModelEvent> {
  let text = '';
  for await (const event of events) {
    if (event.type === 'text') text += event.text;
    else if (event.type !== 'finish' || event.reason !== 'stop') yield event;
    else {
      yield { type: 'tool-call', call: { id: `call_${options.newId()}`, ...callOf(text, options.tools) } };
      yield { ...event, reason: 'tool-call' };
    }
  }
}

function withRequest(messages: readonly Message[], tools: readonly ToolSpec[]): readonly Message[] {
  const told = tools.map(({ name, description, parameters }) => JSON.stringify({ name, description, parameters }));
  const request = [
    tools.length === 1 ? 'Call this function now:' : 'Call one of these functions now:',
    ...told,
    'Answer with JSON alone: {"name": the name of the function, "arguments": its arguments}.',
  ].join('\n');
  const last = messages.at(-1);
  if (last?.role !== 'user') return [...messages, { role: 'user', content: request }];
  return [...messages.slice(0, -1), { ...last, content: `${last.content}\n\n${request}` }];
}

function callOf(text: string, tools: readonly ToolSpec[]): { name: string; arguments: Record<string, unknown> } {
  const call = parsed(text);
  const tool = tools.find(({ name }) => name === call?.['name']) ?? (tools.length === 1 ? tools[0] : undefined);
  const given = call?.['arguments'];
  if (tool === undefined || typeof given !== 'object' || given === null || Array.isArray(given))
    throw new NootropicError('MODEL_REFUSED', 'The model did not write the call that it was asked for.', {
      hint: 'Ask again, or with another model.',
    });
  const required: readonly unknown[] = Array.isArray(tool.parameters['required']) ? tool.parameters['required'] : [];
  const entries = Object.entries(given).filter(([name, value]) => value !== null || required.includes(name));
  return { name: tool.name, arguments: Object.fromEntries(entries) };
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
