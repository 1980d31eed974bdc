import { describe, expect, it } from 'vitest';
import { createApprovals } from './approvals.ts';

const signal = new AbortController().signal;

describe('approvals', () => {
  it('give an answer to whoever waits for it, once', async () => {
    const approvals = createApprovals();
    const desk = approvals.open('s');
    const waiting = desk.wait('r1', signal);
    expect(() => approvals.answer('other', 'r1', { decision: 'allow' })).toThrow(/Nothing waits/u);
    expect(() => approvals.answer('s', 'r2', { decision: 'allow' })).toThrow(/Nothing waits/u);
    approvals.answer('s', 'r1', { decision: 'deny', text: 'no' });
    expect(await waiting).toEqual({ decision: 'deny', text: 'no' });
    expect(() => approvals.answer('s', 'r1', { decision: 'allow' })).toThrow(/Nothing waits/u);
  });

  it('end with the signal, and are unknown from then on', async () => {
    const approvals = createApprovals();
    const abort = new AbortController();
    const waiting = approvals.open('s').wait('r1', abort.signal);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(approvals.open('s').wait('r2', abort.signal)).rejects.toMatchObject({ code: 'ABORTED' });
    expect(() => approvals.answer('s', 'r1', { decision: 'allow' })).toThrow(/Nothing waits/u);
  });

  it('take what is said for the turn that began last, and nothing where none runs', () => {
    const approvals = createApprovals();
    expect(approvals.say('s', 'hello')).toBe(false);
    const first = approvals.open('s');
    const second = approvals.open('s');
    expect(approvals.say('s', 'one')).toBe(true);
    expect(approvals.say('s', 'two')).toBe(true);
    expect([first.takeSaid(), second.takeSaid(), second.takeSaid()]).toEqual([[], ['one', 'two'], []]);
    second.close();
    approvals.say('s', 'three');
    expect(first.takeSaid()).toEqual(['three']);
    first.close();
    expect(approvals.say('s', 'four')).toBe(false);
  });
});
