import type { TurnEvent, TurnEventBody } from '@nootropic/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brokenOff, emptySession, openAsks, reduceSession, writingSpeed, type SessionState } from './session-state.ts';

const usage = { tokensRead: 0, tokensReused: 0, tokensWritten: 0, totalMs: 0 };
type Told = TurnEventBody | { readonly type: 'mood-change' };

function events(bodies: readonly Told[], { turnId = 't1', from = 1, stepMs = 0 } = {}): TurnEvent[] {
  return bodies.map(
    (body, at) => ({ ...body, seq: from + at, sessionId: 's', turnId, time: 1000 + at * stepMs }) as TurnEvent,
  );
}
const play = (...bodies: readonly Told[]): SessionState => reduceSession(emptySession, events(bodies));
const start: Told = { type: 'turn-start', text: 'why?', agent: 'answer', workspace: '/w' };
const end: Told = { type: 'turn-end', reason: 'done', text: '', citations: [], usage };
const call = (id: string, name = 'read'): Told => ({
  type: 'tool-call',
  call: { id, name, arguments: { path: 'a.ts' } },
});
const request: Told = { type: 'approval-request', requestId: 'r1', action: 'run', detail: 'npm test', sandboxed: true };

describe('reduceSession', () => {
  it('adds pieces of text up, and parts them from what was thought before', () => {
    const { turns } = play(
      start,
      { type: 'reasoning-delta', text: 'hm' },
      { type: 'reasoning-delta', text: 'm' },
      { type: 'text-delta', text: 'In ' },
      { type: 'text-delta', text: 'a.ts' },
    );
    expect(turns[0]?.blocks).toMatchObject([
      { kind: 'thought', text: 'hmm', endedAt: 1000 },
      { kind: 'text', text: 'In a.ts' },
    ]);
  });

  it('puts what happens while a call runs into that call', () => {
    const { turns } = play(
      start,
      call('1', 'edit'),
      { type: 'file-change', path: 'a.ts', change: 'modified', step: 4, added: 2, removed: 1 },
      { type: 'check-result', name: 'types', ok: true, output: '' },
      { type: 'tool-result', callId: '1', name: 'edit', ok: true, content: 'done' },
    );
    expect(turns[0]?.blocks).toMatchObject([
      {
        kind: 'call',
        state: 'ok',
        output: 'done',
        inner: [{ kind: 'change', change: { step: 4 } }, { kind: 'check' }],
      },
    ]);
  });

  it('nests what a helper does, and goes on with the agent afterwards', () => {
    const { turns } = play(
      start,
      call('1', 'task'),
      { type: 'agent-start', agentId: 'h', name: 'helper', task: 'look' },
      call('2'),
      { type: 'tool-result', callId: '2', name: 'read', ok: true, content: 'x' },
      { type: 'agent-end', agentId: 'h', ok: true, text: 'found' },
      { type: 'tool-result', callId: '1', name: 'task', ok: true, content: 'found' },
      { type: 'text-delta', text: 'So.' },
    );
    expect(turns[0]?.blocks).toMatchObject([
      { kind: 'call', name: 'task', state: 'ok' },
      { kind: 'agent', state: 'ok', text: 'found', blocks: [{ kind: 'call', callId: '2', state: 'ok' }] },
      { kind: 'text', text: 'So.' },
    ]);
  });

  it('holds what waits for a person until it is answered, in a helper too', () => {
    const waiting = play(start, { type: 'agent-start', agentId: 'h', name: 'helper', task: 'look' }, request);
    expect(openAsks(waiting.turns[0])).toMatchObject([{ requestId: 'r1', detail: 'npm test', sandboxed: true }]);
    const answered = reduceSession(
      waiting,
      events([{ type: 'approval-answer', requestId: 'r1', decision: 'deny', text: 'no' }], { from: 4 }),
    );
    expect(openAsks(answered.turns[0])).toEqual([]);
    expect(answered.turns[0]?.blocks).toMatchObject([
      { blocks: [{ ask: { answer: { decision: 'deny', text: 'no' } } }] },
    ]);
  });

  it('skips what was seen already, so that a stream may be taken up twice', () => {
    const told = events([start, { type: 'text-delta', text: 'one' }, { type: 'text-delta', text: ' two' }]);
    const once = reduceSession(emptySession, told);
    expect(reduceSession(once, told)).toEqual(once);
    expect(reduceSession(reduceSession(emptySession, told.slice(0, 2)), told)).toEqual(once);
  });

  it('skips an event of an unknown kind, but not its number', () => {
    const state = play(start, { type: 'mood-change' }, { type: 'text-delta', text: 'x' });
    expect(state.lastSeq).toBe(3);
    expect(state.turns[0]?.blocks).toHaveLength(1);
  });

  it('ends a turn: calls without a result were stopped, an answer that came whole is shown', () => {
    const { turns } = play(start, call('1'), { ...(end as object), reason: 'aborted' } as Told);
    expect(turns[0]).toMatchObject({ state: 'done', endReason: 'aborted', blocks: [{ state: 'cut' }] });
    expect(play(start, { ...(end as object), text: 'All of it.' } as Told).turns[0]?.blocks).toMatchObject([
      { kind: 'text', text: 'All of it.' },
    ]);
  });

  it('forgets what a rewind took back', () => {
    const first = events([start, end]);
    const second = events([start, end], { turnId: 't2', from: 3 });
    const back = events([{ type: 'rewind', toTurn: 't2', code: false }], { turnId: 't2', from: 5 });
    expect(reduceSession(emptySession, [...first, ...second, ...back]).turns.map(({ turnId }) => turnId)).toEqual([
      't1',
    ]);
  });

  it('takes a turn that never ended for broken, once another began or nobody writes it', () => {
    const open = play(start, { type: 'text-delta', text: 'half' });
    expect(brokenOff(open).turns[0]?.state).toBe('broken');
    const next = reduceSession(open, events([start], { turnId: 't2', from: 3 }));
    expect(next.turns.map(({ state }) => state)).toEqual(['broken', 'running']);
  });

  it('tells the speed from the pauses between pieces, without the time that tools took', () => {
    const told = events(
      [start, { type: 'text-delta', text: 'a' }, { type: 'text-delta', text: 'b' }, { type: 'text-delta', text: 'c' }],
      { stepMs: 10 },
    );
    const [turn] = reduceSession(emptySession, told).turns;
    expect(turn && writingSpeed(turn)).toBeCloseTo(150);
    expect(writingSpeed(play(start).turns[0] as never)).toBeUndefined();
  });

  it('gives a state for any events in any order, and keeps the ids of blocks apart', () => {
    const body = fc.constantFrom<Told>(
      start,
      end,
      call('1'),
      call('2', 'edit'),
      request,
      { type: 'text-delta', text: 'x' },
      { type: 'reasoning-delta', text: 'y' },
      { type: 'tool-result', callId: '1', name: 'read', ok: false, content: '' },
      { type: 'agent-start', agentId: 'h', name: 'n', task: 't' },
      { type: 'agent-end', agentId: 'h', ok: true, text: '' },
      { type: 'approval-answer', requestId: 'r1', decision: 'allow' },
      { type: 'plan-update', steps: [] },
      { type: 'notice', level: 'info', code: 'c', message: 'm' },
      { type: 'mood-change' },
    );
    fc.assert(
      fc.property(fc.array(body, { maxLength: 40 }), fc.nat(40), (bodies, cut) => {
        const told = events(bodies);
        const whole = reduceSession(emptySession, told);
        expect(reduceSession(reduceSession(emptySession, told.slice(0, cut)), told.slice(cut))).toEqual(whole);
        const ids = (whole.turns[0]?.blocks ?? []).map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });
});
