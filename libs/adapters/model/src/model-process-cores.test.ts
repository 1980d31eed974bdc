import { expect, it } from 'vitest';
import { watchCores } from './model-process-cores.ts';

function machine() {
  const state = { now: 0, busy: 0, own: 0 };
  const pass = (ms: number, load: { others?: number; own?: number }): void => {
    state.now += ms;
    state.busy += ms * ((load.others ?? 0) + (load.own ?? 0));
    state.own += ms * (load.own ?? 0);
  };
  const read = { now: () => state.now, busy: () => state.busy, own: () => state.own };
  return { pass, read };
}

it('counts what others leave free, not its own work, and forgets what is over', () => {
  const { pass, read } = machine();
  const free = watchCores(4, read);
  pass(1_000, { own: 4 });
  expect(free()).toBe(4);
  pass(1_000, { own: 2, others: 1.6 });
  expect(free()).toBe(2);
  pass(1_000, { others: 0.2 });
  expect(free()).toBe(4);
});

it('never says less than one core or more than there are', () => {
  const { pass, read } = machine();
  const free = watchCores(2, read);
  pass(1_000, { others: 8 });
  expect(free()).toBe(1);
  pass(1_000, {});
  expect(free()).toBe(2);
});

it('does not measure again within a quarter of a second', () => {
  const { pass, read } = machine();
  const free = watchCores(2, read);
  pass(1_000, {});
  expect(free()).toBe(2);
  pass(100, { others: 2 });
  expect(free()).toBe(2);
  pass(200, { others: 2 });
  expect(free()).toBe(1);
});
