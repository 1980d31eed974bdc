import type { Message, OpenaiInputItem, OpenaiResponseRequest, ToolSpec } from '@nootropic/contracts';
import type { ChatAsk } from '@nootropic/core';
import {
  contentOf,
  formOf,
  limitOf,
  samplingOf,
  textOf,
  thinkingOf,
  toToolCall,
  toToolSpec,
  withTools,
  type OpenaiAsk,
} from './openai-chat-request.ts';
import { refuseField, unsupportedField } from './openai-errors.ts';

/** Translates a request of the Responses API. `before`: the conversation that it goes on from. */
export function readResponseRequest(
  body: OpenaiResponseRequest,
  before: readonly Message[],
): OpenaiAsk & { readonly conversation: readonly Message[] } {
  refuseWhatCannotBe(body);
  const conversation = [...before, ...toMessages(body.input, before)];
  if (conversation.length === 0) throw refuseField('input', 'There is nothing to answer.');
  const { instructions } = body;
  const ask: ChatAsk = {
    ...samplingOf(body),
    messages: instructions ? [{ role: 'system', content: instructions }, ...conversation] : conversation,
    ...limitOf(body.max_output_tokens),
    ...formOf(body.text?.format ?? undefined, 'text.format.schema'),
    ...(wantsLogprobs(body) && { logprobs: body.top_logprobs ?? 0 }),
    ...thinkingOf(body.reasoning?.effort),
  };
  const all = body.tools ?? [];
  const choice = body.tool_choice ?? 'auto';
  return {
    ...withTools(
      ask,
      all.filter(({ type }) => type === 'function').map(toTool),
      typeof choice === 'string'
        ? choice
        : choice.type === 'function'
          ? { names: [choice.name], mode: 'required' }
          : { names: choice.tools.map(({ name }) => name), mode: choice.mode },
    ),
    ignored: [...new Set(all.filter(({ type }) => type !== 'function').map(({ type }) => `tools.${headerWord(type)}`))],
    ...(body.prompt_cache_key && { session: body.prompt_cache_key.slice(0, 200) }),
    conversation,
  };
}

function wantsLogprobs({ include, top_logprobs: top }: OpenaiResponseRequest): boolean {
  return typeof top === 'number' || include?.includes('message.output_text.logprobs') === true;
}

/** What may stand in a header. */
function headerWord(text: string): string {
  return text.replaceAll(/[^a-z0-9_.-]/giu, '').slice(0, 64);
}

function toTool(tool: NonNullable<OpenaiResponseRequest['tools']>[number], index: number): ToolSpec {
  const { name } = tool;
  if (typeof name !== 'string' || !/^[a-zA-Z0-9_.-]{1,64}$/u.test(name))
    throw refuseField(`tools[${index}].name`, 'A function needs a name of 1 to 64 letters, digits, "_", "-" and ".".');
  return toToolSpec({ ...tool, name });
}

function refuseWhatCannotBe(body: OpenaiResponseRequest): void {
  if (body.background === true)
    throw unsupportedField('background', 'Responses are not made in the background here: put a job into the queue.');
  if (body.conversation !== undefined && body.conversation !== null)
    throw unsupportedField('conversation', 'Conversations are not kept here: use previous_response_id.');
  if (body.prompt !== undefined && body.prompt !== null)
    throw unsupportedField('prompt', 'Templates of prompts lie at OpenAI: send instructions and input.');
}

function toMessages(input: OpenaiResponseRequest['input'], before: readonly Message[]): Message[] {
  if (typeof input === 'string') return input === '' ? [] : [{ role: 'user', content: input }];
  const messages: Message[] = [];
  const names = new Map(
    before.flatMap((message) =>
      message.role === 'assistant' ? (message.toolCalls ?? []).map(({ id, name }) => [id, name] as const) : [],
    ),
  );
  for (const [index, item] of input.entries()) {
    const at = `input[${index}]`;
    for (const message of messagesOf(item, { at, names })) {
      const last = messages.at(-1);
      // What one answer said and called are several items here, and one message to a model.
      if (message.role === 'assistant' && message.toolCalls !== undefined && last?.role === 'assistant')
        messages.splice(-1, 1, { ...last, toolCalls: [...(last.toolCalls ?? []), ...message.toolCalls] });
      else messages.push(message);
    }
  }
  return messages;
}

function messagesOf(
  item: OpenaiInputItem,
  { at, names }: { readonly at: string; readonly names: Map<string, string> },
): Message[] {
  switch (item.type) {
    case 'reasoning':
      return [];
    case 'function_call':
      names.set(item.call_id, item.name);
      return [{ role: 'assistant', content: '', toolCalls: [toToolCall(item.call_id, item)] }];
    case 'function_call_output': {
      const name = names.get(item.call_id);
      if (name === undefined) throw refuseField(`${at}.call_id`, `No call "${item.call_id}" stands before its result.`);
      const { content, images } = contentOf(item.output, at);
      const result: Message = { role: 'tool', toolCallId: item.call_id, name, content };
      // A result is text to a model; what it shows comes after it.
      return images ? [result, { role: 'user', content: `What ${name} showed:`, images }] : [result];
    }
    default: {
      const role = item.role === 'developer' ? 'system' : item.role;
      if (role === 'user') return [{ role, ...contentOf(item.content, at) }];
      return [{ role, content: textOf(item.content, at) }];
    }
  }
}
