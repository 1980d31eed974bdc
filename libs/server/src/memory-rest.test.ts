import { describe, expect, it, vi } from 'vitest';
import { createMemoryRest } from './memory-rest.ts';

const mebibyte = 1024 * 1024;

function watch(facts: { begun: number; busy: boolean; resident: number }) {
  vi.useFakeTimers();
  let collected = 0;
  const rest = createMemoryRest({
    begun: () => facts.begun,
    isBusy: () => facts.busy,
    resident: () => facts.resident,
    collect: () => {
      collected += 1;
      facts.resident = 200 * mebibyte;
    },
  });
  return {
    collected: () => collected,
    look: async () => vi.advanceTimersByTimeAsync(10_000),
    [Symbol.dispose]() {
      rest[Symbol.dispose]();
      vi.useRealTimers();
    },
  };
}

describe('createMemoryRest', () => {
  it('gives back what a busy time took, once it is over', async () => {
    const facts = { begun: 0, busy: false, resident: 250 * mebibyte };
    using watched = watch(facts);
    await watched.look();
    expect(watched.collected()).toBe(1);
    facts.begun += 10_000;
    facts.resident = 900 * mebibyte;
    await watched.look();
    expect(watched.collected()).toBe(1);
    await watched.look();
    expect(watched.collected()).toBe(2);
  });

  it('does not pause work, and not for a little', async () => {
    const facts = { begun: 0, busy: true, resident: 900 * mebibyte };
    using watched = watch(facts);
    await watched.look();
    expect(watched.collected()).toBe(0);
    facts.busy = false;
    await watched.look();
    expect(watched.collected()).toBe(1);
    facts.resident += 20 * mebibyte;
    await watched.look();
    expect(watched.collected()).toBe(1);
  });

  it('gives back once a minute under a load that goes on, and then only between two pieces of work', async () => {
    const facts = { begun: 0, busy: false, resident: 900 * mebibyte };
    using watched = watch(facts);
    const lookAfterRequests = async () => {
      facts.begun += 1000;
      facts.resident = 900 * mebibyte;
      await watched.look();
    };
    for (let look = 0; look < 5; look += 1) await lookAfterRequests();
    expect(watched.collected()).toBe(0);
    facts.busy = true;
    await lookAfterRequests();
    expect(watched.collected()).toBe(0);
    facts.busy = false;
    await lookAfterRequests();
    expect(watched.collected()).toBe(1);
    await lookAfterRequests();
    expect(watched.collected()).toBe(1);
  });

  it('takes a page that asks now and then for quiet', async () => {
    const facts = { begun: 0, busy: false, resident: 900 * mebibyte };
    using watched = watch(facts);
    facts.begun += 10;
    await watched.look();
    expect(watched.collected()).toBe(1);
  });

  it('gives memory back for real', async () => {
    let made: unknown[] | undefined = Array.from({ length: 1_000_000 }, (_, at) => ({ at }));
    expect(made.length).toBe(1_000_000);
    made = undefined;
    const before = process.memoryUsage.rss();
    vi.useFakeTimers();
    const rest = createMemoryRest({ begun: () => 0, isBusy: () => false });
    await vi.advanceTimersByTimeAsync(10_000);
    rest[Symbol.dispose]();
    vi.useRealTimers();
    expect(process.memoryUsage.rss()).toBeLessThan(before);
  });
});
