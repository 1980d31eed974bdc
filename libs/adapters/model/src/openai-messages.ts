import type { GenerateRequest, Message } from '@nootropic/contracts';

/** The body of a chat request, without the fields that only some servers know. */
export function chatBody(model: string, request: GenerateRequest): Record<string, unknown> {
  return {
    model,
    messages: request.messages.map(chatMessage),
    stream: true,
    stream_options: { include_usage: true },
    temperature: request.temperature ?? 0.2,
    ...(request.seed === undefined ? {} : { seed: request.seed }),
    ...(request.stop === undefined || request.stop.length === 0 ? {} : { stop: request.stop }),
    ...(request.tools === undefined || request.tools.length === 0
      ? {}
      : {
          tools: request.tools.map(({ name, description, parameters }) => ({
            type: 'function',
            function: { name, description, parameters },
          })),
        }),
    ...(request.jsonSchema === undefined
      ? {}
      : {
          response_format: {
            type: 'json_schema',
            json_schema: { name: 'answer', strict: true, schema: request.jsonSchema },
          },
        }),
  };
}

function chatMessage(message: Message): Record<string, unknown> {
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
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

/** All text of a prompt, for an estimate of its tokens. */
export function promptText(request: GenerateRequest): string {
  const parts = request.messages.map((message) =>
    message.role === 'assistant' && message.toolCalls !== undefined
      ? `${message.content}\n${JSON.stringify(message.toolCalls)}`
      : message.content,
  );
  if (request.tools !== undefined && request.tools.length > 0) parts.push(JSON.stringify(request.tools));
  return parts.join('\n');
}
