import type { GenerateRequest, Message } from '@nootropic/contracts';

/** The body of an Ollama chat request. The window is always set: left out, Ollama takes a small default and drops the start of the prompt. */
export function ollamaChatBody(
  name: string,
  request: GenerateRequest,
  window: {
    readonly contextLength: number;
    readonly keepAlive: string | number;
    /** Whether the model can be told not to think. */
    readonly thinks: boolean;
  },
): Record<string, unknown> {
  return {
    model: name,
    messages: request.messages.map(ollamaMessage),
    keep_alive: window.keepAlive,
    // Servers that know these refuse a prompt that is too long; without them it is cut without a word.
    truncate: false,
    shift: false,
    options: {
      num_ctx: window.contextLength,
      num_predict: request.maxTokens ?? 1024,
      temperature: request.temperature ?? 0.2,
      ...(request.topP !== undefined && { top_p: request.topP }),
      ...(request.topK !== undefined && { top_k: request.topK }),
      ...(request.minP !== undefined && { min_p: request.minP }),
      ...(request.seed === undefined ? {} : { seed: request.seed }),
      ...(request.stop === undefined || request.stop.length === 0 ? {} : { stop: request.stop }),
    },
    ...(request.tools === undefined || request.tools.length === 0
      ? {}
      : {
          tools: request.tools.map(({ name: tool, description, parameters }) => ({
            type: 'function',
            function: { name: tool, description, parameters },
          })),
        }),
    ...(request.jsonSchema === undefined ? {} : { format: request.jsonSchema }),
    // Thinking is on or off here; there is no count of tokens for it. A model that cannot think refuses the field.
    ...(request.thinkingTokens !== undefined && window.thinks && { think: request.thinkingTokens > 0 }),
    ...(request.logprobs !== undefined && { logprobs: true, top_logprobs: Math.max(1, request.logprobs) }),
  };
}

function ollamaMessage(message: Message): Record<string, unknown> {
  if (message.role === 'tool')
    return { role: 'tool', tool_name: message.name, tool_call_id: message.toolCallId, content: message.content };
  if (message.role === 'user' && message.images !== undefined && message.images.length > 0)
    return { role: 'user', content: message.content, images: message.images.map(({ data }) => data) };
  if (message.role !== 'assistant' || message.toolCalls === undefined || message.toolCalls.length === 0)
    return { role: message.role, content: message.content };
  return {
    role: 'assistant',
    content: message.content,
    tool_calls: message.toolCalls.map((call) => ({
      id: call.id,
      function: { name: call.name, arguments: call.arguments },
    })),
  };
}
