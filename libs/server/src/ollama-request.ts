import {
  NootropicError,
  type Image,
  type InfillRequest,
  type Message,
  type OllamaChat,
  type OllamaGenerate,
  type OllamaMessage,
  type OllamaOptions,
  type ToolCall,
} from '@nootropic/contracts';
import type { ChatAsk } from '@nootropic/core';
import { readContext } from './ollama-context.ts';
import { stopsOf, thinkingOf, toToolSpec } from './openai-chat-request.ts';
import { imageFromData } from './wire-images.ts';
import { anyObjectSchema, enforcibleSchema } from './wire-json-schema.ts';

/** Translates a conversation. @throws NootropicError `INPUT_INVALID` */
export function readOllamaChat(body: OllamaChat): ChatAsk {
  const tools = (body.tools ?? []).map(({ function: spec }) => toToolSpec(spec));
  return {
    ...optionsOf(body),
    messages: toMessages(body.messages ?? []),
    ...(tools.length > 0 && { tools }),
  };
}

/** Translates a prompt that is answered as a message of the user. */
export function readOllamaPrompt(body: OllamaGenerate): ChatAsk {
  const before = body.context ? readContext(body.context) : [];
  const { system } = body;
  return {
    ...optionsOf(body),
    messages: [
      ...(system ? [{ role: 'system', content: system } as const] : []),
      ...before.filter(({ role }) => !system || role !== 'system'),
      { role: 'user', content: body.prompt ?? '', ...imagesOf(body.images, 'images') },
    ],
  };
}

/** Translates a text that is gone on from, or a gap. `undefined` where the prompt is a message of the user. */
export function readOllamaText(body: OllamaGenerate): (InfillRequest & { readonly model: string }) | undefined {
  const raw = body.raw === true;
  if (!raw && !body.suffix) return undefined;
  refuseImages(body.images, 'images');
  if (body.format)
    throw refused('format', 'a text that is gone on from, or a gap, has no form; leave `raw` and `suffix` out');
  const { model, maxTokens, temperature, topP, seed, stop } = optionsOf(body);
  return {
    ...(model !== undefined && { model }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(seed !== undefined && { seed }),
    ...(stop !== undefined && { stop }),
    model: body.model,
    prefix: body.prompt ?? '',
    suffix: raw ? '' : (body.suffix ?? ''),
    ...(raw && { raw }),
  };
}

function optionsOf(body: OllamaChat | OllamaGenerate): Omit<ChatAsk, 'messages'> {
  const given: NonNullable<OllamaOptions> = body.options ?? {};
  const { num_predict: limit, temperature, top_k: topK, top_p: topP, min_p: minP, seed } = given;
  return {
    model: body.model,
    ...(typeof limit === 'number' && limit > 0 && { maxTokens: limit }),
    ...(typeof temperature === 'number' && { temperature }),
    ...(topK && { topK }),
    ...(typeof topP === 'number' && { topP }),
    ...(typeof minP === 'number' && { minP }),
    ...(typeof seed === 'number' && seed >= 0 && { seed }),
    ...stopsOf(given.stop),
    ...(body.format === 'json' && { jsonSchema: anyObjectSchema }),
    ...(typeof body.format === 'object' && body.format !== null && { jsonSchema: enforcibleSchema(body.format) }),
    ...(typeof body.think === 'string' ? thinkingOf(body.think) : body.think === false ? { thinkingTokens: 0 } : {}),
    ...(body.logprobs === true && { logprobs: body.top_logprobs ?? 0 }),
  };
}

/** Calls and results of this API have no ids of their own: a result answers the oldest call of its name that has none yet. */
function toMessages(messages: readonly OllamaMessage[]): Message[] {
  const waiting: ToolCall[] = [];
  return messages.map((message, at): Message => {
    const { role, content } = message;
    if (role === 'user') return { role, content, ...imagesOf(message.images, `messages.${at}.images`) };
    refuseImages(message.images, `messages.${at}.images`);
    if (role === 'assistant') {
      const calls = (message.tool_calls ?? []).map(({ id, function: { name, arguments: given } }, nth): ToolCall => ({
        id: id ?? `call_${at}_${nth}`,
        name,
        arguments: given,
      }));
      waiting.push(...calls);
      return { role, content, ...(calls.length > 0 && { toolCalls: calls }) };
    }
    if (role !== 'tool') return { role, content };
    const { tool_call_id: id, tool_name: name } = message;
    const found = waiting.findIndex((call) => (id ? call.id === id : !name || call.name === name));
    const [call] = found < 0 ? [] : waiting.splice(found, 1);
    if (call === undefined)
      throw refused(`messages.${at}`, `no call of ${name ?? id ?? 'a tool'} in the messages before waits for a result`);
    return { role, toolCallId: call.id, name: call.name, content };
  });
}

function imagesOf(given: readonly unknown[] | null | undefined, at: string): { readonly images?: Image[] } {
  const images = (given ?? []).map((data, index) => {
    const read = imageFromData(data);
    if ('why' in read) throw refused(`${at}.${index}`, read.why);
    return read.image;
  });
  return images.length > 0 ? { images } : {};
}

function refuseImages(images: readonly unknown[] | null | undefined, at: string): void {
  if (images && images.length > 0) throw refused(at, 'images stand in messages of the user');
}

function refused(at: string, message: string): NootropicError {
  return new NootropicError('INPUT_INVALID', `${at}: ${message}.`);
}
