import type { TurnEvent, TurnEventBody } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { newTurn, reduceTurn } from './turn-state.ts';

const usage = { tokensRead: 0, tokensReused: 0, tokensWritten: 0, totalMs: 0 };
const play = (bodies: readonly (TurnEventBody | { type: 'mood-change' })[]) =>
  bodies.reduce(
    (state, body, index) =>
      reduceTurn(state, { ...body, seq: index + 1, sessionId: 's1', turnId: 't', time: 0 } as TurnEvent),
    newTurn('where?'),
  );

describe('reduceTurn', () => {
  it('adds the pieces of an answer up and ends with its sources', () => {
    const citations = [{ path: 'a.ts', startLine: 1, endLine: 2 }];
    const state = play([
      { type: 'turn-start', text: 'where?', agent: 'answer', workspace: '/w' },
      { type: 'text-delta', text: 'In ' },
      { type: 'text-delta', text: 'a.ts' },
      { type: 'turn-end', reason: 'done', text: 'In a.ts', citations, usage },
    ]);
    expect(state).toMatchObject({ answer: 'In a.ts', activity: '', citations, sessionId: 's1', interrupted: false });
  });

  it('keeps the answer so far when the turn fails or is stopped', () => {
    const failed = play([
      { type: 'text-delta', text: 'half' },
      { type: 'turn-error', error: { code: 'MODEL_CRASHED', message: 'm', hint: 'h' }, usage },
    ]);
    expect(failed).toMatchObject({ answer: 'half', activity: '', error: { code: 'MODEL_CRASHED' } });
    const stopped = play([{ type: 'turn-end', reason: 'aborted', text: 'half', citations: [], usage }]);
    expect(stopped).toMatchObject({ answer: 'half', interrupted: true });
  });

  it('skips an event of an unknown kind', () => {
    expect(play([{ type: 'mood-change' }])).toEqual(newTurn('where?'));
  });
});
