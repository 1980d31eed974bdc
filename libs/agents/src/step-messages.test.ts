import { describe, expect, it } from 'vitest';
import { stepMessages } from './step-messages.ts';

const say = (text: string) => ({ type: 'text-delta', text });
const call = (id: string) => ({ type: 'tool-call', call: { id, name: 'read', arguments: {} } });
const result = (callId: string, content = 'found') => ({
  type: 'tool-result',
  callId,
  name: 'read',
  ok: true,
  content,
});

describe('stepMessages', () => {
  it('tells calls that came together as one message, then their results, then what was said', () => {
    const messages = stepMessages([
      say('Look'),
      say('ing.'),
      say('\n'),
      call('a'),
      call('b'),
      result('a'),
      result('b'),
      say('Here.'),
    ]);
    expect(messages).toMatchObject([
      { role: 'assistant', content: 'Looking.', toolCalls: [{ id: 'a' }, { id: 'b' }] },
      { role: 'tool', toolCallId: 'a' },
      { role: 'tool', toolCallId: 'b' },
      { role: 'assistant', content: 'Here.' },
    ]);
  });

  it('leaves the separator before a call out, and no other line end', () => {
    expect(stepMessages([say('First.\n'), say('\n'), call('a'), result('a'), say('\nSecond.')])).toMatchObject([
      { content: 'First.\n' },
      { role: 'tool' },
      { content: '\nSecond.' },
    ]);
  });

  it('answers every call that was not answered, wherever the turn was cut off', () => {
    const steps = [say('Look.'), call('a'), call('b'), result('a'), result('b'), call('c'), result('c'), say('Done.')];
    for (let length = 0; length <= steps.length; length += 1) {
      const messages = stepMessages(steps.slice(0, length));
      const called = messages.flatMap((message) =>
        message.role === 'assistant' ? (message.toolCalls ?? []).map(({ id }) => id) : [],
      );
      const answered = messages.flatMap((message) => (message.role === 'tool' ? [message.toolCallId] : []));
      expect(answered).toEqual(called);
    }
    expect(stepMessages(steps.slice(0, 4)).at(-1)).toMatchObject({
      toolCallId: 'b',
      content: expect.stringContaining('not run'),
    });
  });

  it('passes over events of other kinds, and a result that answers no call', () => {
    expect(stepMessages([{ type: 'notice' }, result('x'), { type: 'reasoning-delta' }])).toEqual([]);
  });
});
