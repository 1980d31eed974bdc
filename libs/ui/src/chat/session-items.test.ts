import type { TurnEvent, TurnEventBody } from '@nootropic/contracts';
import { expect, it } from 'vitest';
import { emptySession, reduceSession } from './session-state.ts';
import { createItemMaker, wordsOf } from './session-items.ts';

const play = (turnId: string, bodies: readonly TurnEventBody[], from = 1): TurnEvent[] =>
  bodies.map((body, at) => ({ ...body, seq: from + at, sessionId: 's', turnId, time: 0 }) as TurnEvent);
const start: TurnEventBody = { type: 'turn-start', text: 'why?', agent: 'answer', workspace: '/w' };

it('shows what was written for an edit with the edit, and the words before it by themselves', () => {
  const state = reduceSession(
    emptySession,
    play('t', [
      start,
      { type: 'text-delta', text: 'One line is enough.\n\n```ts\nconst a = 2;\n```\n' },
      { type: 'tool-call', call: { id: '1', name: 'edit', arguments: { path: 'a.ts' } } },
    ]),
  );
  const items = createItemMaker()(state);
  expect(items.map(({ kind }) => kind)).toEqual(['question', 'block', 'block', 'working']);
  expect(items.slice(1, 3)).toMatchObject([
    { block: { text: 'One line is enough.\n\n' } },
    { block: { written: 'const a = 2;' } },
  ]);
  expect(new Set(items.map(({ key }) => key)).size).toBe(items.length);
  expect(items.map(wordsOf).join(' ')).toContain('One line');
});

it('keeps the rows of turns that did not change', () => {
  const make = createItemMaker();
  const first = reduceSession(emptySession, play('t1', [start]));
  const second = reduceSession(first, play('t2', [start], 2));
  const before = make(second);
  const after = make(reduceSession(second, play('t2', [{ type: 'text-delta', text: 'x' }], 3)));
  expect(after[0]).toBe(before[0]);
  expect(after).not.toBe(before);
  expect(make(second)).not.toBe(before);
});
