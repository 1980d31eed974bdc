import type { Image, Message, OpenaiChatMessage, OpenaiChatRequest, ToolCall, ToolSpec } from '@nootropic/contracts';
import type { ChatAsk } from '@nootropic/core';
import { refuseField, unsupportedField } from './openai-errors.ts';
import { forceCall } from './wire-forced-call.ts';
import { imageFromUrl } from './wire-images.ts';
import { anyObjectSchema, enforcibleSchema } from './wire-json-schema.ts';

/** What the translation of a request to either conversation API of OpenAI comes to. */
export interface OpenaiAsk {
  readonly ask: ChatAsk;
  /** Tools of which one must be called; empty where the model chooses. */
  readonly forced: readonly ToolSpec[];
  /** Fields that were taken and have no effect. */
  readonly ignored: readonly string[];
  readonly session?: string;
}

type Choice = 'none' | 'auto' | 'required' | { readonly names: readonly string[]; readonly mode: 'auto' | 'required' };

/** Translates a chat request. Throws `INPUT_INVALID` or `MODEL_UNSUPPORTED` with the field. */
export function readChatRequest(body: OpenaiChatRequest): OpenaiAsk {
  refuseWhatCannotBe(body);
  const tools = (body.tools ?? []).map(({ function: spec }) => toToolSpec(spec));
  const { response_format: format } = body;
  const form =
    format?.type === 'json_schema'
      ? { type: format.type, schema: format.json_schema.schema, strict: format.json_schema.strict }
      : format;
  const ask: ChatAsk = {
    ...samplingOf(body),
    messages: toMessages(body.messages),
    ...limitOf(body.max_completion_tokens ?? body.max_tokens),
    ...(body.top_k && { topK: body.top_k }),
    ...(typeof body.min_p === 'number' && { minP: body.min_p }),
    ...(typeof body.seed === 'number' && { seed: body.seed }),
    ...stopsOf(body.stop),
    ...formOf(form ?? undefined, 'response_format.json_schema.schema'),
    ...(body.logprobs === true && { logprobs: body.top_logprobs ?? 0 }),
    ...thinkingOf(body.reasoning_effort),
  };
  const choice = body.tool_choice ?? 'auto';
  return {
    ...withTools(ask, tools, typeof choice === 'string' ? choice : choiceOf(choice)),
    ignored: [
      ...(body.presence_penalty ? ['presence_penalty'] : []),
      ...(body.frequency_penalty ? ['frequency_penalty'] : []),
    ],
    ...(body.prompt_cache_key && { session: body.prompt_cache_key.slice(0, 200) }),
  };
}

function choiceOf(choice: Exclude<NonNullable<OpenaiChatRequest['tool_choice']>, string>): Choice {
  if (choice.type === 'function') return { names: [choice.function.name], mode: 'required' };
  const { mode, tools } = choice.allowed_tools;
  return { names: tools.map((tool) => tool.function.name), mode };
}

/** The request with those tools that may be called, or as the request for one call. */
export function withTools(ask: ChatAsk, tools: readonly ToolSpec[], choice: Choice): Pick<OpenaiAsk, 'ask' | 'forced'> {
  const names = tools.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refuseField('tools', `Two tools have the name "${twice}".`);
  const { allowed, mode } = typeof choice === 'string' ? { allowed: tools, mode: choice } : named(tools, choice);
  if (mode === 'none') return { ask, forced: [] };
  if (mode === 'auto') return { ask: allowed.length > 0 ? { ...ask, tools: allowed } : ask, forced: [] };
  if (allowed.length === 0) throw refuseField('tool_choice', 'A tool is to be called, and there is none in `tools`.');
  return { ask: forceCall(ask, allowed), forced: allowed };
}

function named(
  tools: readonly ToolSpec[],
  { names, mode }: Exclude<Choice, string>,
): { readonly allowed: readonly ToolSpec[]; readonly mode: 'auto' | 'required' } {
  const missing = names.find((name) => !tools.some((tool) => tool.name === name));
  if (missing !== undefined) throw refuseField('tool_choice', `There is no tool "${missing}" in \`tools\`.`);
  return { allowed: tools.filter(({ name }) => names.includes(name)), mode };
}

export function toToolSpec(spec: {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly parameters?: Readonly<Record<string, unknown>> | null | undefined;
}): ToolSpec {
  return {
    name: spec.name,
    description: spec.description ?? '',
    parameters: { type: 'object', properties: {}, ...spec.parameters },
  };
}

/** What both APIs say in the same words. */
export function samplingOf(body: {
  readonly model?: string | null | undefined;
  readonly temperature?: number | null | undefined;
  readonly top_p?: number | null | undefined;
}): Pick<ChatAsk, 'model' | 'temperature' | 'topP'> {
  return {
    ...(body.model && { model: body.model }),
    ...(typeof body.temperature === 'number' && { temperature: body.temperature }),
    ...(typeof body.top_p === 'number' && { topP: body.top_p }),
  };
}

export function limitOf(limit: number | null | undefined): Pick<ChatAsk, 'maxTokens'> {
  return typeof limit === 'number' ? { maxTokens: limit } : {};
}

export function stopsOf(stop: string | readonly string[] | null | undefined): { stop?: readonly string[] } {
  const stops = (typeof stop === 'string' ? [stop] : (stop ?? [])).filter((text) => text !== '');
  return stops.length > 0 ? { stop: stops } : {};
}

/** What the answer must look like. `at` names the field of the schema. */
export function formOf(
  format:
    | {
        readonly type: string;
        readonly schema?: Readonly<Record<string, unknown>> | null | undefined;
        readonly strict?: boolean | null | undefined;
      }
    | undefined,
  at: string,
): Pick<ChatAsk, 'jsonSchema'> {
  if (format === undefined || format.type === 'text') return {};
  if (format.type === 'json_object') return { jsonSchema: anyObjectSchema };
  if (!format.schema) throw refuseField(at, 'A JSON Schema is asked for, and there is none.');
  return { jsonSchema: format.strict === true ? format.schema : enforcibleSchema(format.schema) };
}

const thinking: Readonly<Record<string, number>> = { none: 0, minimal: 256, low: 1024, medium: 4096, high: 16_384 };

export function thinkingOf(effort: string | null | undefined): Pick<ChatAsk, 'thinkingTokens'> {
  const tokens = thinking[effort ?? ''];
  return tokens === undefined ? {} : { thinkingTokens: tokens };
}

function refuseWhatCannotBe(body: OpenaiChatRequest): void {
  if (Object.keys(body.logit_bias ?? {}).length > 0)
    throw unsupportedField(
      'logit_bias',
      'logit_bias is not taken: it names tokens by the numbers of another tokenizer.',
    );
  if ((body.functions ?? []).length > 0)
    throw unsupportedField('functions', 'functions is not taken: use tools, which took its place.');
  if (body.modalities?.includes('audio')) throw unsupportedField('modalities', 'No model speaks here: ask for text.');
  if (typeof body.top_logprobs === 'number' && body.logprobs !== true)
    throw refuseField('top_logprobs', 'top_logprobs needs logprobs to be true.');
}

function toMessages(messages: readonly OpenaiChatMessage[]): Message[] {
  const names = new Map<string, string>();
  return messages.map((message, index): Message => {
    const at = `messages[${index}]`;
    switch (message.role) {
      case 'developer':
      case 'system':
        return { role: 'system', content: textOf(message.content, at) };
      case 'user':
        return { role: 'user', ...contentOf(message.content, at) };
      case 'assistant': {
        const toolCalls = (message.tool_calls ?? []).map((call) => toToolCall(call.id, call.function));
        for (const { id, name } of toolCalls) names.set(id, name);
        const content = textOf(message.content ?? message.refusal ?? '', at);
        return { role: 'assistant', content, ...(toolCalls.length > 0 && { toolCalls }) };
      }
      case 'tool': {
        const name = names.get(message.tool_call_id);
        if (name === undefined)
          throw refuseField(`${at}.tool_call_id`, `No call "${message.tool_call_id}" stands before its result.`);
        return { role: 'tool', toolCallId: message.tool_call_id, name, content: textOf(message.content, at) };
      }
    }
  });
}

/** A call of before. What a model wrote as arguments and is no JSON object stays readable as it is. */
export function toToolCall(id: string, call: { readonly name: string; readonly arguments: string }): ToolCall {
  return { id, name: call.name, arguments: argumentsOf(call.arguments) };
}

function argumentsOf(text: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Kept as text below.
  }
  return { arguments: text };
}

const unread: Readonly<Record<string, string>> = {
  image_url: 'images in this place',
  input_image: 'images in this place',
  input_audio: 'sound',
  file: 'files',
  input_file: 'files',
};

interface Part {
  readonly type: string;
  readonly text?: string;
  readonly refusal?: string;
  readonly image_url?: string | { readonly url: string } | null | undefined;
}

/** Text and pictures of a content, each in its order. */
export function contentOf(
  content: string | readonly Part[],
  at: string,
): { readonly content: string; readonly images?: Image[] } {
  if (typeof content === 'string') return { content };
  const images: Image[] = [];
  const texts = content.filter((part, index) => {
    if (part.type !== 'image_url' && part.type !== 'input_image') return true;
    const url = typeof part.image_url === 'string' ? part.image_url : part.image_url?.url;
    const read = imageFromUrl(url);
    if ('why' in read) throw refuseField(`${at}.content[${index}]`, `${at}.content[${index}]: ${read.why}.`);
    images.push(read.image);
    return false;
  });
  return { content: textOf(texts, at), ...(images.length > 0 && { images }) };
}

/** The text of a content, whose parts follow one another as they are. */
export function textOf(content: string | readonly Part[], at: string): string {
  if (typeof content === 'string') return content;
  return content
    .map(({ type, text, refusal }, index) => {
      const what = unread[type];
      if (what !== undefined)
        throw unsupportedField(`${at}.content[${index}]`, `No model here reads ${what}: send text alone.`);
      return text ?? refusal ?? '';
    })
    .join('');
}
