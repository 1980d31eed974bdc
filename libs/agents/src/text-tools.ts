import type { Message, ToolCall, ToolSpec } from '@nootropic/contracts';

type UserMessage = Extract<Message, { role: 'user' }>;

/**
 * A prompt with tools for a model whose chat template knows none: tools, calls and results as plain text, in the form that Hermes models were trained
 * on (https://github.com/NousResearch/Hermes-Function-Calling) and that most others follow. The tools stand in the system message, where a
 * template would put them, so that the prompt of the next turn begins with this one.
 *
 * @param tools Those that no message announces.
 */
export function textMessages(messages: readonly Message[], tools: readonly ToolSpec[]): Message[] {
  const [system, ...rest] = messages;
  const front: Message[] =
    system?.role === 'system'
      ? [{ role: 'system', content: [system.content, ...described(tools)].join('\n\n') }]
      : [...described(tools).map((content): Message => ({ role: 'system', content })), ...messages.slice(0, 1)];
  const plain: Message[] = [];
  for (const message of rest) {
    const next = textMessage(message);
    const last = plain.at(-1);
    if (next.role === 'user' && last?.role === 'user') plain[plain.length - 1] = joined(last, next);
    else plain.push(next);
  }
  return [...front, ...plain];
}

function joined(a: UserMessage, b: UserMessage): UserMessage {
  const images = [...(a.images ?? []), ...(b.images ?? [])];
  return { role: 'user', content: `${a.content}\n\n${b.content}`, ...(images.length > 0 && { images }) };
}

/** A call as such a model writes it. */
export function callText({ name, arguments: args }: Pick<ToolCall, 'name' | 'arguments'>): string {
  return `<tool_call>\n${JSON.stringify({ name, arguments: args })}\n</tool_call>`;
}

function described(tools: readonly ToolSpec[]): string[] {
  if (tools.length === 0) return [];
  return [
    [
      'You may call these tools:',
      '<tools>',
      ...tools.map((tool) => JSON.stringify(tool)),
      '</tools>',
      'To call one, end your answer with:',
      callText({ name: 'NAME', arguments: {} }),
      'Its result comes as <tool_response>. Where you need no tool, just answer.',
    ].join('\n'),
  ];
}

function textMessage(message: Message): Message {
  if (message.role === 'tool')
    return { role: 'user', content: `<tool_response>\n${message.content}\n</tool_response>` };
  if (message.role !== 'assistant' || !message.toolCalls?.length) return message;
  const said = message.content === '' ? [] : [message.content];
  return { role: 'assistant', content: [...said, ...message.toolCalls.map(callText)].join('\n') };
}
