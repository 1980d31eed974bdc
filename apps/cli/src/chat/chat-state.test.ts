import { turnEventTypes, type TurnEvent, type TurnEventBody } from '@nootropic/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterEvent, askTitle, emptyChat, type ChatState } from './chat-state.ts';

const usage = { tokensRead: 100, tokensReused: 300, tokensWritten: 20, totalMs: 900 };

function after(bodies: readonly TurnEventBody[]): ChatState {
  return bodies
    .map((body, at): TurnEvent => ({ seq: at + 1, sessionId: 's', turnId: 't', time: at * 100, ...body }))
    .reduce(afterEvent, emptyChat);
}

const start: TurnEventBody = { type: 'turn-start', text: 'do it', agent: 'coder', workspace: '/w', mode: 'ask' };
const end: TurnEventBody = { type: 'turn-end', reason: 'done', text: '', citations: [], usage };
const request: TurnEventBody = {
  type: 'approval-request',
  requestId: 'r',
  action: 'run',
  detail: 'npm test\nmore',
  reason: 'Commands are asked for.',
};

describe('afterEvent', () => {
  it('makes a turn into a transcript', () => {
    const state = after([
      start,
      { type: 'reasoning-delta', text: 'Let me see.' },
      { type: 'text-delta', text: 'First.\n\nSec' },
      { type: 'tool-call', call: { id: 'c', name: 'edit', arguments: { symbol: 'f', path: 'a.ts' } } },
      { type: 'file-change', path: 'a.ts', change: 'modified', added: 2, removed: 1 },
      { type: 'check-result', name: 'parse', ok: true, output: '' },
      { type: 'tool-result', callId: 'c', name: 'edit', ok: true, content: 'ok' },
      end,
    ]);
    expect(state.items.map(({ kind }) => kind)).toEqual(['user', 'thought', 'text', 'text', 'call', 'end']);
    expect(state.items[4]).toMatchObject({
      name: 'edit',
      about: 'a.ts f',
      state: 'ok',
      inner: [{ kind: 'change' }, { kind: 'check' }],
    });
    expect(state.items[5]).toMatchObject({
      changes: { files: [{ path: 'a.ts', added: 2, removed: 1 }], checks: { passed: 1, failed: 0 } },
    });
    expect(state.turn).toBeUndefined();
    expect(state).toMatchObject({ reused: 0.75, lastThought: 'Let me see.' });
  });

  it('shows text that is still written, and only that, as open', () => {
    const state = after([start, { type: 'text-delta', text: 'Done.\n\nMore' }]);
    expect(state.items.at(-1)).toEqual({ kind: 'text', text: 'Done.\n' });
    expect(state.open.text).toBe('More');
  });

  it('keeps what waits for an answer, and what was answered', () => {
    const waiting = after([start, request]);
    expect(waiting.asks.map(askTitle)).toEqual(['run npm test']);
    const answered = after([
      start,
      request,
      { type: 'approval-answer', requestId: 'r', decision: 'deny', text: 'not now' },
    ]);
    expect(answered.asks).toEqual([]);
    expect(answered.items.at(-1)).toEqual({ kind: 'asked', question: 'run npm test', answer: 'denied: not now' });
  });

  it('says that a call was cut where the turn ended first', () => {
    const state = after([
      start,
      { type: 'tool-call', call: { id: 'c', name: 'run', arguments: {} } },
      { ...end, reason: 'aborted' },
    ]);
    expect(state.items.slice(1)).toMatchObject([
      { kind: 'call', state: 'cut' },
      { kind: 'end', remark: 'Interrupted.' },
    ]);
  });

  it('computes the speed of writing from the time between pieces, without the pauses of tools', () => {
    const words = Array.from({ length: 11 }, (): TurnEventBody => ({ type: 'text-delta', text: 'a ' }));
    expect(after([start, ...words, { ...end, usage: { ...usage, tokensWritten: 10 } }]).tokensPerSecond).toBeCloseTo(
      10,
    );
  });

  it('counts several changes of one file as one', () => {
    const change: TurnEventBody = { type: 'file-change', path: 'a', change: 'modified', added: 1, removed: 1 };
    expect(after([start, change, change]).turn?.changes.files).toEqual([{ path: 'a', added: 2, removed: 2 }]);
  });

  it('tells a plan when it is made, and not each step that is checked off', () => {
    const todo = (id: string): TurnEventBody => ({ type: 'tool-call', call: { id, name: 'todo', arguments: {} } });
    const told = (id: string): TurnEventBody => ({
      type: 'tool-result',
      callId: id,
      name: 'todo',
      ok: true,
      content: '',
    });
    const plan = (state: 'active' | 'done'): TurnEventBody => ({
      type: 'plan-update',
      steps: [{ text: 'Look', state }],
    });
    const { items, plan: kept } = after([
      start,
      todo('a'),
      plan('active'),
      told('a'),
      todo('b'),
      plan('done'),
      told('b'),
    ]);
    expect(items.slice(1)).toEqual([{ kind: 'plan', steps: ['Look'] }]);
    expect(kept).toEqual([{ text: 'Look', state: 'done' }]);
  });

  it('keeps the output of a command that a person typed to be shown', () => {
    const { items } = after([
      { ...start, text: '!ls' },
      { type: 'tool-call', call: { id: 'c', name: 'run', arguments: { line: 'ls' } } },
      { type: 'tool-result', callId: 'c', name: 'run', ok: true, content: 'a\nb' },
    ]);
    expect(items[1]).toMatchObject({ kind: 'call', typed: true, content: 'a\nb' });
  });

  it('skips kinds it does not know', () => {
    const event = { seq: 1, sessionId: 's', turnId: 't', time: 0, type: 'of-tomorrow' };
    expect(afterEvent(emptyChat, event)).toBe(emptyChat);
  });

  it('never throws, never takes an item back, and ends with the turn, whatever the order of events', () => {
    const id = fc.constantFrom('a', 'b');
    const text = fc.constantFrom('', 'word ', '\n\n', '```\n', '- x\n');
    const body: fc.Arbitrary<TurnEventBody> = fc.oneof(
      fc.constant(start),
      fc.constant(end),
      fc.constant<TurnEventBody>({ type: 'turn-error', error: { code: 'INTERNAL', message: 'm', hint: '' }, usage }),
      text.map((each): TurnEventBody => ({ type: 'text-delta', text: each })),
      text.map((each): TurnEventBody => ({ type: 'reasoning-delta', text: each })),
      id.map((each): TurnEventBody => ({
        type: 'tool-call',
        call: { id: each, name: 'run', arguments: { command: each } },
      })),
      id.map((each): TurnEventBody => ({ type: 'tool-result', callId: each, name: 'run', ok: false, content: each })),
      id.map((each): TurnEventBody => ({ ...request, requestId: each })),
      id.map((each): TurnEventBody => ({ type: 'approval-answer', requestId: each, decision: 'allow' })),
      fc.constant<TurnEventBody>({ type: 'file-change', path: 'p', change: 'created' }),
      fc.constant<TurnEventBody>({ type: 'check-result', name: 'n', ok: false, output: 'o' }),
      fc.constant<TurnEventBody>({ type: 'lesson', text: 'l', paths: [] }),
      fc.constant<TurnEventBody>({ type: 'plan-update', steps: [{ text: 's', state: 'active' }] }),
      fc.constant<TurnEventBody>({ type: 'progress', task: 'read', done: 1, total: 2 }),
      fc.constant<TurnEventBody>({ type: 'model-chosen', model: 'm', reason: '' }),
      fc.constant<TurnEventBody>({ type: 'context-ready', blocks: [], tokens: 0, tookMs: 0 }),
      fc.constant<TurnEventBody>({ type: 'user-message', text: 'u' }),
      fc.constant<TurnEventBody>({ type: 'agent-start', agentId: 'a', name: 'n', task: 't' }),
      fc.constant<TurnEventBody>({ type: 'agent-end', agentId: 'a', ok: true, text: '' }),
      fc.constant<TurnEventBody>({ type: 'rewind', toTurn: 't', code: true }),
      fc.constant<TurnEventBody>({ type: 'compaction', tokensBefore: 2, tokensAfter: 1 }),
      fc.constant<TurnEventBody>({ type: 'notice', level: 'info', code: 'c', message: 'm' }),
    );
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(body, { maxLength: 60 }), (bodies) => {
        let state = emptyChat;
        for (const [at, each] of bodies.entries()) {
          seen.add(each.type);
          const next = afterEvent(state, { seq: at + 1, sessionId: 's', turnId: 't', time: at, ...each });
          expect(next.items.slice(0, state.items.length)).toEqual(state.items);
          state = next;
        }
        const over = afterEvent(state, { seq: 99, sessionId: 's', turnId: 't', time: 99, ...end });
        expect([over.turn, over.asks.length, over.open.text, over.reasoning]).toEqual([undefined, 0, '', '']);
      }),
      { seed: 42, numRuns: 500 },
    );
    expect([...seen].sort()).toEqual([...turnEventTypes].sort());
  });
});
