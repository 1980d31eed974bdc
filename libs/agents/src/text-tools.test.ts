import type { Message } from '@nootropic/contracts';
import { expect, it } from 'vitest';
import { textMessages } from './text-tools.ts';

const spec = { name: 'read', description: 'Read.', parameters: {} };
const question: Message[] = [
  { role: 'system', content: 'You are.' },
  { role: 'user', content: 'What?' },
];
const work: Message[] = [
  { role: 'assistant', content: 'I look.', toolCalls: [{ id: 'a', name: 'read', arguments: { path: 'a' } }] },
  { role: 'tool', toolCallId: 'a', name: 'read', content: 'text' },
  { role: 'user', content: 'Mind the tabs.' },
];

it('tells tools, calls and results as text, the roles in turn', () => {
  const messages = textMessages([...question, ...work], [spec]);
  expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
  expect(messages[0]?.content).toContain(JSON.stringify(spec));
  expect(messages[2]?.content).toBe('I look.\n<tool_call>\n{"name":"read","arguments":{"path":"a"}}\n</tool_call>');
  expect(messages[3]?.content).toBe('<tool_response>\ntext\n</tool_response>\n\nMind the tabs.');
});

it('changes nothing before what is added', () => {
  const before = textMessages(question, [spec]);
  expect(textMessages([...question, ...work], [spec]).slice(0, before.length)).toEqual(before);
});

it('works without a system message', () => {
  expect(textMessages(question.slice(1), [spec]).map(({ role }) => role)).toEqual(['system', 'user']);
});
