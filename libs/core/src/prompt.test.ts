import type { Message, TurnEvent, TurnEventBody } from '@nootropic/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildPrompt } from './prompt.ts';

const usage = { tokensRead: 0, tokensReused: 0, tokensWritten: 0, totalMs: 0 };

function log(turns: readonly (readonly TurnEventBody[])[]): TurnEvent[] {
  return turns.flatMap((bodies, turn) =>
    bodies.map((body) => ({ ...body, seq: 1, sessionId: 's', turnId: `t${turn}`, time: 0 }) as TurnEvent),
  );
}

const start = (text: string): TurnEventBody => ({ type: 'turn-start', text, agent: 'answer', workspace: '/w' });
const context = (text: string): TurnEventBody => ({
  type: 'context-ready',
  tokens: 1,
  tookMs: 1,
  blocks: [
    { citation: { path: 'a.ts', startLine: 1, endLine: 2 }, text, score: 1, signature: '', doc: '', callers: [] },
  ],
});
const say = (text: string): TurnEventBody => ({ type: 'text-delta', text });
const end = (text: string): TurnEventBody => ({ type: 'turn-end', reason: 'done', text, citations: [], usage });

describe('buildPrompt', () => {
  it('shows the question with its passages, the calls with their results, and the answer', () => {
    const events = log([
      [
        start('where?'),
        context('const a = 1'),
        say('Let me '),
        say('look.'),
        { type: 'tool-call', call: { id: '1', name: 'read', arguments: { path: 'a.ts' } } },
        { type: 'tool-call', call: { id: '2', name: 'list', arguments: {} } },
        { type: 'tool-result', callId: '1', name: 'read', ok: true, content: 'one' },
        { type: 'tool-result', callId: '2', name: 'list', ok: true, content: 'two' },
        say('Here.'),
        end('Let me look.Here.'),
      ],
    ]);
    const { messages } = buildPrompt('system', events, 10_000);
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool', 'tool', 'assistant']);
    expect(messages[1]?.content).toContain('a.ts:1-2');
    expect(messages[1]?.content).toMatch(/Question: where\?$/u);
    expect(messages[2]).toMatchObject({ content: 'Let me look.', toolCalls: [{ id: '1' }, { id: '2' }] });
    expect(messages[5]).toEqual({ role: 'assistant', content: 'Here.' });
  });

  it('puts attached text before the question', () => {
    const events = log([
      [
        {
          type: 'turn-start',
          text: 'why?',
          agent: 'answer',
          workspace: '/w',
          attachments: [{ kind: 'text', name: 'stdin', text: 'Error: no' }],
        },
      ],
    ]);
    expect(buildPrompt('system', events, 1000).messages[1]?.content).toBe(
      'Attached, stdin:\n```\nError: no\n```\n\nQuestion: why?',
    );
  });

  it('starts each turn with the whole prompt of the one before: nothing is read twice', () => {
    const turn = fc.record({
      question: fc.string({ minLength: 1 }),
      passage: fc.string(),
      answer: fc.string({ minLength: 1 }),
    });
    fc.assert(
      fc.property(fc.array(turn, { minLength: 2, maxLength: 6 }), (turns) => {
        const bodies = turns.map(({ question, passage, answer }) => [
          start(question),
          context(passage),
          say(answer),
          end(answer),
        ]);
        let before: Message[] = [];
        for (let count = 1; count <= turns.length; count += 1) {
          const asked = log([...bodies.slice(0, count - 1), bodies[count - 1]?.slice(0, 2) ?? []]);
          const { messages } = buildPrompt('system', asked, 1_000_000);
          expect(messages.slice(0, before.length)).toEqual(before);
          before = messages;
        }
      }),
      { numRuns: 50 },
    );
  });

  it('leaves out the passages of the oldest turns first, then the oldest turns, and never the question', () => {
    const long = 'x'.repeat(3000);
    const events = log([
      [start('one'), context(long), say('first'), end('first')],
      [start('two'), context(long), say('second'), end('second')],
      [start('three'), context(long)],
    ]);
    const some = buildPrompt('system', events, 7500);
    expect(some.trimmedTurns).toBe(1);
    expect(some.messages[1]).toEqual({ role: 'user', content: 'one' });
    const tight = buildPrompt('system', events, 10);
    expect(tight.trimmedTurns).toBe(2);
    expect(tight.messages.map(({ role }) => role)).toEqual(['system', 'user']);
    expect(tight.messages[1]?.content).toContain('Question: three');
  });
});
