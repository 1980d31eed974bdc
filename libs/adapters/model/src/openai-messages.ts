import type { GenerateRequest, Image, Message, PromptParts } from '@nootropic/contracts';
import type { ServerProfile } from './server-profiles.ts';
import { estimateTokens, imageTokens } from './token-estimate.ts';

/** The body of a chat request, in the words of the server that it is for. */
export function chatBody(model: string, request: GenerateRequest, profile: ServerProfile): Record<string, unknown> {
  const knows = (field: ServerProfile['knows'][number]): boolean => profile.knows.includes(field);
  return {
    model,
    messages: request.messages.map(chatMessage),
    stream: knows('stream'),
    ...(knows('usage') && { stream_options: { include_usage: true } }),
    [profile.limitName]: request.maxTokens ?? 1024,
    temperature: request.temperature ?? 0.2,
    ...(request.topP !== undefined && { top_p: request.topP }),
    ...(request.topK !== undefined && knows('top_k') && { top_k: request.topK }),
    ...(request.minP !== undefined && knows('min_p') && { min_p: request.minP }),
    ...(request.seed !== undefined && knows('seed') && { seed: request.seed }),
    ...(request.stop !== undefined && request.stop.length > 0 && { stop: request.stop }),
    ...(request.thinkingTokens !== undefined && profile.thinking(request.thinkingTokens)),
    ...logprobFields(request.logprobs, profile),
    ...toolFields(request),
    ...schemaFields(request, profile),
    ...profile.always,
  };
}

function logprobFields(count: number | undefined, profile: ServerProfile): Record<string, unknown> {
  if (count === undefined || profile.logprobs === 'none') return {};
  // Servers take 0 for none at all; what is too much is left out of the answer.
  const asked = Math.max(1, count);
  return profile.logprobs === 'count' ? { logprobs: asked } : { logprobs: true, top_logprobs: asked };
}

function toolFields({ tools = [] }: GenerateRequest): Record<string, unknown> {
  if (tools.length === 0) return {};
  return {
    tools: tools.map(({ name, description, parameters }) => ({
      type: 'function',
      function: { name, description, parameters },
    })),
  };
}

function schemaFields({ jsonSchema }: GenerateRequest, profile: ServerProfile): Record<string, unknown> {
  if (jsonSchema === undefined) return {};
  if (profile.schema === 'json_schema') return { json_schema: jsonSchema };
  return {
    response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: jsonSchema } },
  };
}

function chatMessage(message: Message): Record<string, unknown> {
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
  if (message.role === 'user' && message.images !== undefined && message.images.length > 0)
    return {
      role: 'user',
      content: [
        { type: 'text', text: message.content },
        ...message.images.map(({ mediaType, data }) => ({
          type: 'image_url',
          image_url: { url: `data:${mediaType};base64,${data}` },
        })),
      ],
    };
  if (message.role !== 'assistant' || message.toolCalls === undefined || message.toolCalls.length === 0) {
    return { role: message.role, content: message.content };
  }
  return {
    role: 'assistant',
    content: message.content,
    tool_calls: message.toolCalls.map((call) => ({
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: JSON.stringify(call.arguments) },
    })),
  };
}

/** What is counted where no tokenizer knows the template. */
export function countedText(what: string | PromptParts): string {
  return typeof what === 'string' ? what : promptText(what);
}

/** The pictures of a prompt. */
export function imagesIn({ messages }: Pick<PromptParts, 'messages'>): Image[] {
  return messages.flatMap((message) => (message.role === 'user' ? (message.images ?? []) : []));
}

/** Tokens that the pictures of a prompt count as; they are in no text. */
export function countedImages(what: string | PromptParts): number {
  return typeof what === 'string' ? 0 : imagesIn(what).length * imageTokens;
}

/** Tokens of a prompt, pictures included, on the high side. */
export function estimatePrompt(what: string | PromptParts): number {
  return estimateTokens(countedText(what)) + countedImages(what);
}

/** All text of a prompt, for an estimate of its tokens. */
export function promptText(request: PromptParts): string {
  const parts = request.messages.map((message) =>
    message.role === 'assistant' && message.toolCalls !== undefined
      ? `${message.content}\n${JSON.stringify(message.toolCalls)}`
      : message.content,
  );
  if (request.tools !== undefined && request.tools.length > 0) parts.push(JSON.stringify(request.tools));
  return parts.join('\n');
}
