import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createThreadGovernor } from './model-process-threads.ts';

function machine() {
  const state = { now: 0, busy: 0, own: 0, runnable: 0 as number | undefined };
  const pass = (ms: number, load: { others?: number; own?: number }): void => {
    state.now += ms;
    state.busy += ms * ((load.others ?? 0) + (load.own ?? 0));
    state.own += ms * (load.own ?? 0);
  };
  const read = {
    now: () => state.now,
    busy: () => state.busy,
    own: () => state.own,
    runnable: () => state.runnable,
    load: () => 0,
  };
  return { pass, read, state };
}

it('leaves to others what they use, and takes it back when they are done', () => {
  const { pass, read } = machine();
  const governor = createThreadGovernor(4, read);
  pass(1_000, { own: 4 });
  expect(governor.choose('write')).toBe(4);
  pass(1_000, { own: 2, others: 1.6 });
  expect(governor.choose('write')).toBe(2);
  pass(1_000, { others: 0.2 });
  expect(governor.choose('write')).toBe(4);
});

it('never says less than one or more than there are', () => {
  const { pass, read } = machine();
  const governor = createThreadGovernor(2, read);
  pass(1_000, { others: 8 });
  expect(governor.choose('write')).toBe(1);
  pass(1_000, {});
  expect(governor.choose('write')).toBe(2);
});

it('gives a core up at the second unit that finds another program wanting it, before any time is measured', () => {
  const { pass, read, state } = machine();
  const governor = createThreadGovernor(2, read);
  pass(1_000, { own: 2 });
  expect(governor.choose('write')).toBe(2);
  state.runnable = 1;
  pass(20, { own: 2 });
  expect(governor.choose('write')).toBe(2);
  pass(20, { own: 2 });
  expect(governor.choose('write')).toBe(1);
});

it('does not take one passing program for one that stays', () => {
  const { pass, read, state } = machine();
  const governor = createThreadGovernor(2, read);
  pass(1_000, { own: 2 });
  for (let unit = 0; unit < 20; unit += 1) {
    state.runnable = unit % 2;
    pass(20, { own: 2 });
    expect(governor.choose('write')).toBe(2);
  }
});

it('goes back to fewer threads after one unit that was held up, and tries again later, each time less often', () => {
  const { pass, read } = machine();
  const governor = createThreadGovernor(2, read);
  pass(1_000, {});
  governor.observe({ kind: 'write', threads: 1, tokens: 1, ms: 40 });
  expect(governor.choose('write')).toBe(2);
  governor.observe({ kind: 'write', threads: 2, tokens: 1, ms: 1_900 });
  expect(governor.choose('write')).toBe(1);
  const tries: number[] = [];
  for (let now = 0; now < 60_000; now += 100) {
    pass(100, { own: 1 });
    const threads = governor.choose('write');
    if (threads === 2) tries.push(now);
    governor.observe({ kind: 'write', threads, tokens: 1, ms: threads === 2 ? 1_900 : 40 });
  }
  expect(tries.length).toBeGreaterThan(1);
  expect(tries.length).toBeLessThan(8);
});

it('keeps to more threads while they are faster', () => {
  const { pass, read } = machine();
  const governor = createThreadGovernor(2, read);
  const used: number[] = [];
  for (let unit = 0; unit < 1_000; unit += 1) {
    const threads = governor.choose('write');
    used.push(threads);
    const ms = threads === 2 ? 22 : 40;
    pass(ms, { own: threads });
    governor.observe({ kind: 'write', threads, tokens: 1, ms });
  }
  expect(used.filter((threads) => threads === 1).length).toBeLessThan(5);
});

it('finds the best number where more threads are slower, and judges prompts and answers apart', () => {
  const { pass, read } = machine();
  const governor = createThreadGovernor(8, read);
  const cost = { 1: 40, 2: 22, 4: 14, 8: 19 } as Record<number, number>;
  const used: number[] = [];
  for (let unit = 0; unit < 500; unit += 1) {
    const threads = governor.choose('write');
    used.push(threads);
    const ms = cost[threads] ?? Number.NaN;
    pass(ms, { own: threads });
    governor.observe({ kind: 'write', threads, tokens: 1, ms });
  }
  expect(used.filter((threads) => threads === 4).length).toBeGreaterThan(480);
  expect(governor.choose('prompt')).toBe(8);
});

it('does not keep to fewer threads because the first unit waited for the disk', () => {
  const { pass, read } = machine();
  const governor = createThreadGovernor(2, read);
  let slow = 0;
  for (let unit = 0; unit < 100; unit += 1) {
    const threads = governor.choose('write');
    const ms = unit === 0 ? 900 : threads === 2 ? 22 : 40;
    if (unit > 40 && threads === 1) slow += 1;
    pass(ms, { own: threads });
    governor.observe({ kind: 'write', threads, tokens: 1, ms });
  }
  expect(slow).toBeLessThan(2);
});

it('is never far below the best number that stays the same, whatever others do', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ ms: fc.integer({ min: 3_000, max: 30_000 }), hogs: fc.integer({ min: 0, max: 2 }) }), {
        minLength: 1,
        maxLength: 6,
      }),
      (phases) => {
        // Two cores: 40 ms a token with one thread, 21 with two; two threads and another program stop at every barrier.
        const cost = (threads: number, hogs: number) => (threads === 1 ? (hogs > 1 ? 60 : 40) : hogs > 0 ? 1_900 : 21);
        const { pass, read, state } = machine();
        const governor = createThreadGovernor(2, read);
        let tokens = 0;
        let single = 0;
        let double = 0;
        for (const { ms, hogs } of phases) {
          state.runnable = hogs;
          const end = state.now + ms;
          while (state.now < end) {
            const threads = governor.choose('write');
            const took = cost(threads, hogs);
            pass(took, { own: threads, others: Math.min(hogs, 2 - (threads - 1)) });
            governor.observe({ kind: 'write', threads, tokens: 1, ms: took });
            tokens += 1;
            single += took / cost(1, hogs);
            double += took / cost(2, hogs);
          }
        }
        return tokens >= 0.9 * Math.max(single, double) || Math.max(single, double) - tokens < 120;
      },
    ),
  );
});
