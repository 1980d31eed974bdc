import { NootropicError } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { leftMsOf, newTransfer, reduceTransfer, speedOf, type Transfer, type TransferEvent } from './transfers.ts';

const pull = newTransfer({ ref: 'hf:a/b/c.gguf', kind: 'pull', name: 'c' });
const after = (transfer: Transfer, ...events: readonly (readonly [time: number, event: TransferEvent])[]): Transfer =>
  events.reduce((now, [time, event]) => reduceTransfer(now, event, time), transfer);
const progress = (done: number, total = 200e6): TransferEvent => ({ type: 'progress', done, total });

describe('a transfer', () => {
  it('tells speed and time left from what arrived lately', () => {
    const running = after(pull, [0, progress(0)], [1000, progress(10e6)], [2000, progress(20e6)]);
    expect(speedOf(running)).toBe(10e6);
    expect(leftMsOf(running)).toBe(18_000);
    const slower = after(running, [20_000, progress(21e6)], [22_000, progress(23e6)]);
    expect(speedOf(slower)).toBe(1e6);
  });

  it('does not count as fast what an earlier run left, and says where this one began', () => {
    const resumed = after(pull, [0, progress(100e6)]);
    expect(resumed.from).toBe(100e6);
    expect(speedOf(resumed)).toBeUndefined();
    expect(speedOf(after(resumed, [1000, progress(101e6)]))).toBe(1e6);
  });

  it('keeps how far it was when it is interrupted, and goes on without the error of before', () => {
    const error = new NootropicError('SOURCE_UNREACHABLE');
    const failed = after(pull, [0, progress(20e6)], [1, { type: 'failed', error }]);
    expect(failed).toMatchObject({ state: 'failed', done: 20e6, error });
    const again = after(failed, [2, { type: 'begin' }]);
    expect(again).toMatchObject({ state: 'running', done: 20e6, from: 0 });
    expect(again.error).toBeUndefined();
    expect(after(again, [3, { type: 'interrupted' }])).toMatchObject({ state: 'interrupted', done: 20e6 });
  });

  it('is whole at its end', () => {
    const model = { name: 'c' } as never;
    expect(after(pull, [0, progress(5, 10)], [1, { type: 'pulled', model }])).toMatchObject({
      state: 'done',
      done: 10,
      model,
    });
  });
});
