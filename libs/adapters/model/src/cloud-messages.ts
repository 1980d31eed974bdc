import type { LanguageModelV4CallOptions, LanguageModelV4Message, LanguageModelV4Prompt } from '@ai-sdk/provider';
import type { CallOptions, GenerateRequest, Message } from '@nootropic/contracts';
import type { CloudProfile } from './cloud-providers.ts';

type JsonSchema = Extract<LanguageModelV4CallOptions['responseFormat'], { type: 'json' }>['schema'];

/** A request in the form that the providers' packages share. What a provider does not take, its package leaves out. */
export function cloudCall(
  request: GenerateRequest,
  call: CallOptions,
  profile: CloudProfile,
): LanguageModelV4CallOptions {
  const { tools = [], stop = [], jsonSchema, topP, topK, seed, thinkingTokens } = request;
  return {
    prompt: cloudPrompt(request.messages),
    maxOutputTokens: request.maxTokens ?? 1024,
    temperature: request.temperature ?? 0.2,
    ...(topP !== undefined && { topP }),
    ...(topK !== undefined && { topK }),
    ...(seed !== undefined && { seed }),
    ...(stop.length > 0 && profile.stops && { stopSequences: [...stop] }),
    ...(thinkingTokens !== undefined && { reasoning: effortOf(thinkingTokens) }),
    ...(jsonSchema !== undefined && {
      responseFormat: { type: 'json', name: 'answer', schema: jsonSchema as NonNullable<JsonSchema> },
    }),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, parameters }) => ({
        type: 'function',
        name,
        description,
        inputSchema: parameters as NonNullable<JsonSchema>,
      })),
    }),
    providerOptions: profile.options(request, call),
  };
}

/** Providers count thinking in grades; the packages turn these into what each model takes. */
function effortOf(tokens: number): NonNullable<LanguageModelV4CallOptions['reasoning']> {
  if (tokens <= 0) return 'none';
  if (tokens < 1024) return 'minimal';
  if (tokens < 4096) return 'low';
  return tokens < 16_384 ? 'medium' : 'high';
}

/** Results that answer the calls of one message stand in one message, as the providers ask. */
function cloudPrompt(messages: readonly Message[]): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Message[] = [];
  for (const message of messages) {
    const last = prompt.at(-1);
    const next = cloudMessage(message);
    if (next === undefined) continue;
    if (next.role === 'tool' && last?.role === 'tool') last.content.push(...next.content);
    else prompt.push(next);
  }
  return prompt;
}

function cloudMessage(message: Message): LanguageModelV4Message | undefined {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content };
    case 'user':
      return {
        role: 'user',
        content: [
          // Before the text, as Anthropic's guide advises.
          ...(message.images ?? []).map(({ mediaType, data }) => {
            return { type: 'file' as const, mediaType, data: { type: 'data' as const, data } };
          }),
          { type: 'text', text: message.content },
        ],
      };
    case 'tool': {
      const { toolCallId, name, content } = message;
      return {
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId, toolName: name, output: { type: 'text', value: content } }],
      };
    }
    case 'assistant': {
      const calls = (message.toolCalls ?? []).map(({ id, name, arguments: input }) => {
        return { type: 'tool-call' as const, toolCallId: id, toolName: name, input };
      });
      const text = message.content === '' ? [] : [{ type: 'text' as const, text: message.content }];
      // Providers refuse a message without content.
      return text.length + calls.length === 0 ? undefined : { role: 'assistant', content: [...text, ...calls] };
    }
  }
}
