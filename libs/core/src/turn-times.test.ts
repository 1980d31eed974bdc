import type { TurnEvent, TurnEventBody } from '@nootropic/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { turnTimes } from './turn-times.ts';

type At = readonly [time: number, body: TurnEventBody];

function log(events: readonly At[]): TurnEvent[] {
  return events.map(([time, body], at) => ({ ...body, seq: at + 1, sessionId: 's', turnId: 't', time }) as TurnEvent);
}

const none = { tokensRead: 0, tokensReused: 0, tokensWritten: 0 };
const start: TurnEventBody = { type: 'turn-start', text: 'q', agent: 'code', workspace: '/w', mode: 'ask' };
const ready = (indexMs: number, tookMs: number): TurnEventBody => ({
  ...{ type: 'context-ready', blocks: [], tokens: 100, tookMs, indexMs },
});
const chosen: TurnEventBody = { type: 'model-chosen', model: 'file:x', reason: 'only one' };
const say = (text: string): TurnEventBody => ({ type: 'text-delta', text });
const call = (id: string): TurnEventBody => ({ type: 'tool-call', call: { id, name: 'read', arguments: {} } });
const result = (callId: string, content = ''): TurnEventBody => ({
  ...{ type: 'tool-result', callId, name: 'read', ok: true, content },
});
const ask = (requestId: string): TurnEventBody => ({ type: 'approval-request', requestId, action: 'run', detail: '' });
const answer = (requestId: string): TurnEventBody => ({ type: 'approval-answer', requestId, decision: 'allow' });
const end = (totalMs: number): TurnEventBody => ({
  ...{ type: 'turn-end', reason: 'done', text: '', citations: [], usage: { ...none, totalMs } },
});
const spent = (events: readonly At[]) => Object.fromEntries(turnTimes(log(events)).map(({ what, ms }) => [what, ms]));

describe('turnTimes', () => {
  it('tells index, search, model, reading, thought, writing, tools, checks and people apart', () => {
    const times = spent([
      [100, start],
      [400, { type: 'progress', task: 'index', done: 1, total: 2 }],
      [1100, ready(500, 200)],
      [1100, chosen],
      [2100, { type: 'reasoning-delta', text: 'hm' }],
      [2600, { type: 'reasoning-delta', text: 'hm' }],
      [2700, say('Let me look.')],
      [2900, call('1')],
      [3000, ask('r')],
      [9000, answer('r')],
      [9500, result('1')],
      [9600, { type: 'check-result', name: 'tests', ok: true, output: '' }],
      [10_000, say('Done')],
      [10_250, say('.')],
      [10_300, end(10_300)],
    ]);
    expect(times).toEqual({
      ...{ index: 500, context: 200, model: 300, read: 1400, think: 500, write: 600 },
      ...{ tools: 600, checks: 100, person: 6000, other: 100 },
    });
  });

  it('shares the time of a step without a word by what it read and what it wrote', () => {
    const step = (content: string) =>
      spent([
        [0, start],
        [0, ready(0, 0)],
        [0, chosen],
        [0, say('.')],
        [0, call('1')],
        [0, result('1', content)],
        [1000, call('2')],
        [1000, end(1000)],
      ]);
    const [little, much] = [step('x'), step('x'.repeat(60_000))];
    expect((little['read'] ?? 0) + (little['write'] ?? 0)).toBeCloseTo(1000);
    expect(little['write']).toBeGreaterThan(900);
    expect(much['read']).toBeGreaterThan(900);
  });

  it('counts what another agent does for this one as the work of a tool', () => {
    const times = spent([
      [0, start],
      [0, ready(0, 0)],
      [0, chosen],
      [10, say('x')],
      [10, call('1')],
      [10, { type: 'agent-start', agentId: 'a', name: 'explore', task: 't' }],
      [500, say('inner')],
      [700, call('2')],
      [900, result('2')],
      [1000, { type: 'agent-end', agentId: 'a', ok: true, text: '' }],
      [1000, result('1')],
      [1000, end(1000)],
    ]);
    expect(times).toEqual({ read: 10, tools: 990 });
  });

  it('has no model where nothing was chosen, and says of a turn that runs what it has come to', () => {
    expect(
      spent([
        [0, start],
        [50, ready(10, 20)],
        [50, { type: 'model-chosen', model: 'none', reason: '' }],
        [60, say('passages')],
      ]),
    ).toEqual({ index: 10, context: 20, other: 20, write: 10 });
    expect(turnTimes([])).toEqual([]);
  });

  it('adds up to the time of the turn, whatever happened and however clocks went', () => {
    const anyBody = fc.constantFrom(
      ...[chosen, say('x'), call('1'), call('2'), result('1', 'abc'), result('2'), ask('r'), answer('r'), ready(5, 5)],
      ...([
        { type: 'reasoning-delta', text: 'x' },
        { type: 'progress', task: 'scan', done: 0, total: 1 },
        { type: 'check-result', name: 'c', ok: false, output: '' },
        { type: 'agent-start', agentId: 'a', name: 'a', task: '' },
        { type: 'agent-end', agentId: 'a', ok: true, text: '' },
        { type: 'from-the-future' },
      ] as TurnEventBody[]),
    );
    const steps = fc.array(fc.tuple(fc.integer({ min: -50, max: 500 }), anyBody), { maxLength: 30 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 5000 }), (bodies, totalMs) => {
        let time = 1000;
        const events: At[] = bodies.map(([ms, body]) => [(time += ms), body]);
        const times = turnTimes(log([[1000, start], ...events, [time, end(totalMs)]]));
        expect(times.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(totalMs, 6);
        expect(times.every(({ ms }) => ms > 0)).toBe(true);
        expect(new Set(times.map(({ what }) => what)).size).toBe(times.length);
      }),
    );
  });
});
