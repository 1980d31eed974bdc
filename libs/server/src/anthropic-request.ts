import {
  NootropicError,
  type AnthropicCount,
  type AnthropicMessage,
  type AnthropicRequest,
  type AnthropicTool,
  type Image,
  type Message,
  type ToolCall,
  type ToolSpec,
} from '@nootropic/contracts';
import type { ChatAsk } from '@nootropic/core';
import { stopsOf, toToolSpec, withTools } from './openai-chat-request.ts';
import { imageFromData } from './wire-images.ts';
import { enforcibleSchema } from './wire-json-schema.ts';

/** What the translation of a request comes to. */
export interface AnthropicAsk {
  readonly ask: ChatAsk;
  /** Tools of which one must be called; empty where the model chooses. */
  readonly forced: readonly ToolSpec[];
  /** False: of several calls the first alone counts. */
  readonly manyCalls: boolean;
}

/** Translates a request for an answer. @throws NootropicError `INPUT_INVALID`, with the place in the request. */
export function readAnthropicRequest(body: AnthropicRequest): AnthropicAsk {
  const { ask, ...rest } = readAnthropicPrompt(body);
  return {
    ...rest,
    ask: {
      ...ask,
      maxTokens: body.max_tokens,
      ...(typeof body.temperature === 'number' && { temperature: body.temperature }),
      ...(typeof body.top_p === 'number' && { topP: body.top_p }),
      ...(body.top_k && { topK: body.top_k }),
      ...stopsOf(body.stop_sequences),
    },
  };
}

/** Translates what is counted: the part that the model reads. */
export function readAnthropicPrompt(body: AnthropicCount): AnthropicAsk {
  const format = body.output_config?.format ?? body.output_format;
  const system = textOf(body.system ?? []);
  const ask: ChatAsk = {
    model: body.model,
    messages: [...(system === '' ? [] : [{ role: 'system', content: system } as const]), ...toMessages(body.messages)],
    ...thinkingOf(body.thinking),
    ...(format && { jsonSchema: enforcibleSchema(format.schema) }),
  };
  const choice = body.tool_choice ?? { type: 'auto' };
  const tools = (body.tools ?? []).map(toolOf);
  const chosen = withTools(
    ask,
    tools,
    choice.type === 'tool'
      ? { names: [choice.name], mode: 'required' }
      : choice.type === 'any'
        ? 'required'
        : choice.type,
  );
  return { ...chosen, manyCalls: choice.type === 'none' || choice.disable_parallel_tool_use !== true };
}

/** Without a word of it, a model of this API does not think; one that chooses by itself thinks as much as it likes. */
function thinkingOf(thinking: AnthropicCount['thinking']): Pick<ChatAsk, 'thinkingTokens'> {
  if (thinking?.type === 'enabled') return { thinkingTokens: thinking.budget_tokens };
  return thinking === null || thinking === undefined || thinking.type === 'disabled' ? { thinkingTokens: 0 } : {};
}

function toolOf(tool: AnthropicTool, at: number): ToolSpec {
  const { name, description, input_schema: parameters, type } = tool;
  if (!parameters || (type && type !== 'custom'))
    throw refused(
      `tools.${at}`,
      `the tool "${name}"${type ? ` of type ${type}` : ''} runs on Anthropic’s servers, and nothing here stands for it`,
      'Take it out of `tools`, or give it an `input_schema` and run it yourself.',
    );
  return toToolSpec({ name, description, parameters });
}

type Block = Exclude<AnthropicMessage['content'], string>[number];
type Blocks = string | readonly Block[];

function toMessages(messages: readonly AnthropicMessage[]): Message[] {
  const names = new Map<string, string>();
  return messages.flatMap((message, at): Message[] => {
    const place = `messages.${at}.content`;
    if (message.role === 'system') return [{ role: 'system', content: textOf(message.content) }];
    if (message.role === 'user') return fromUser(message.content, { place, names });
    const calls = callsOf(message.content);
    for (const { id, name } of calls) names.set(id, name);
    return [
      {
        role: 'assistant',
        content: textOf(message.content),
        ...(calls.length > 0 && { toolCalls: calls }),
      },
    ];
  });
}

/** A message of the user: the results of tools each by itself, and the texts between them joined. */
function fromUser(
  content: Blocks,
  { place, names }: { readonly place: string; readonly names: ReadonlyMap<string, string> },
): Message[] {
  if (typeof content === 'string') return [{ role: 'user', content }];
  const messages: Message[] = [];
  let texts: string[] = [];
  let images: Image[] = [];
  const flush = (): void => {
    if (texts.length + images.length > 0)
      messages.push({ role: 'user', content: texts.join('\n\n'), ...(images.length > 0 && { images }) });
    [texts, images] = [[], []];
  };
  /** What the results of tools show: a result is text to a model, so it comes after them. */
  const shown: Image[] = [];
  for (const [index, block] of content.entries()) {
    const at = `${place}.${index}`;
    if (block.type === 'image') {
      images.push(imageOf(block, at));
      continue;
    }
    if (block.type !== 'tool_result') {
      texts.push(readable(block, at));
      continue;
    }
    flush();
    const { tool_use_id: toolCallId, content: given, is_error: failed } = block;
    const name = names.get(toolCallId);
    if (name === undefined)
      throw refused(at, `there is no tool_use with the id "${toolCallId}" in the messages before`);
    const said =
      typeof given === 'string'
        ? given
        : (given ?? [])
            .map((part, nth) => {
              if (part.type !== 'image') return readable(part, `${at}.content.${nth}`);
              shown.push(imageOf(part, `${at}.content.${nth}`));
              return `[picture ${shown.length}, shown below]`;
            })
            .join('\n\n');
    messages.push({ role: 'tool', toolCallId, name, content: failed === true ? `Error: ${said}` : said });
  }
  images = [...shown, ...images];
  flush();
  return messages;
}

function imageOf({ source }: Extract<Block, { type: 'image' }>, at: string): Image {
  if (source['type'] !== 'base64')
    throw refused(at, 'images are not fetched here', 'Send the picture itself, in base64.');
  const read = imageFromData(source['data']);
  if ('why' in read) throw refused(at, read.why);
  return read.image;
}

type Part =
  | Block
  | Extract<Exclude<Extract<Block, { type: 'tool_result' }>['content'], string | null | undefined>[number], object>;

/** The text of a block that a person wrote or a tool gave. */
function readable(block: Part, at: string): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'search_result':
      return [block.title, block.source, ...block.content.map(({ text }) => text)].join('\n');
    case 'tool_reference':
      return block.tool_name;
    case 'document': {
      const { source, title, context } = block;
      if (source.type !== 'text' || source.data === undefined)
        throw refused(at, `a document of the kind "${source.type}" cannot be read here`, 'Send its text.');
      return [title, context, source.data].filter((part) => typeof part === 'string').join('\n');
    }
    default:
      throw refused(at, `a block of the kind "${block.type}" does not stand here`);
  }
}

function callsOf(content: Blocks): ToolCall[] {
  if (typeof content === 'string') return [];
  return content.flatMap((block) =>
    block.type === 'tool_use' ? [{ id: block.id, name: block.name, arguments: block.input }] : [],
  );
}

/** The text of a message without what was thought. */
function textOf(content: Blocks): string {
  if (typeof content === 'string') return content;
  return content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n\n');
}

function refused(at: string, message: string, hint?: string): NootropicError {
  return new NootropicError('INPUT_INVALID', `${at}: ${message}.`, hint === undefined ? {} : { hint });
}
