import { describe, expect, it } from 'vitest';
import type { ChatParts } from './chat-context.tsx';
import { createComposer } from './composer-store.ts';
import { sendQuestion } from './send-question.ts';

function asking(choice: { mode?: string; agent?: string } = {}) {
  const composer = createComposer({ read: () => undefined, write: () => undefined }, (run) => run());
  composer.choose(choice as never);
  const sent: unknown[] = [];
  const chats = { send: (input: unknown) => sent.push(input) && { id: 's' } };
  const parts = { composer, chats } as unknown as ChatParts;
  const base = { workspace: '/home/me/code', sessionId: undefined, text: 'Why?' };
  return { sent, ask: (more: object = {}) => sendQuestion(parts, { ...base, ...more }) };
}

describe('sendQuestion', () => {
  it('asks as it is chosen in the page', () => {
    const { ask, sent } = asking({ mode: 'ask', agent: 'test' });
    ask();
    expect(sent).toEqual([{ workspace: '/home/me/code', text: 'Why?', mode: 'ask', agent: 'test' }]);
  });

  it('asks as the one question wants it, and chooses nothing for the next', () => {
    const { ask, sent } = asking();
    ask({ mode: 'plan', agent: 'explain' });
    ask();
    expect(sent).toEqual([
      { workspace: '/home/me/code', text: 'Why?', mode: 'plan', agent: 'explain' },
      { workspace: '/home/me/code', text: 'Why?' },
    ]);
  });

  it('lets a question change nothing, also where a task is chosen', () => {
    const { ask, sent } = asking({ mode: 'auto-edit', agent: 'test' });
    ask({ mode: null });
    expect(sent).toEqual([{ workspace: '/home/me/code', text: 'Why?' }]);
  });
});
