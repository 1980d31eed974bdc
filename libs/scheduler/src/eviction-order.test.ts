import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { createEvictionOrder } from './eviction-order.ts';

const item = (key: string, bytes: number) => ({ key, bytes });

describe('what goes first', () => {
  it('by GDSF is what is used least for what it costs and takes', () => {
    const order = createEvictionOrder();
    const items = [item('cheap', 100), item('dear', 100), item('large', 400), item('often', 100)];
    for (const each of items) order.used(each, each.key === 'dear' ? 9 : 2);
    for (let use = 0; use < 9; use += 1) order.used(item('often', 100), 2);
    expect(order.first(items)?.key).toBe('large');
    expect(order.first(items.slice(0, 2))?.key).toBe('cheap');
    expect(order.uses('often')).toBe(10);
    expect(order.first([])).toBeUndefined();
  });

  it('by LRU is what was used longest ago', () => {
    const order = createEvictionOrder('lru');
    const items = [item('a', 1), item('b', 1)];
    for (const key of ['a', 'a', 'a', 'b']) order.used(item(key, 1), 1);
    expect(order.first(items)?.key).toBe('a');
    order.used(item('a', 1), 1);
    expect(order.victims(items, 1)?.map(({ key }) => key)).toEqual(['b']);
  });

  it('rises with what was evicted, so that old fame fades', () => {
    const order = createEvictionOrder();
    const old = item('old', 100);
    for (let use = 0; use < 5; use += 1) order.used(old, 1);
    const others = [item('a', 100), item('b', 100)];
    let rounds = 0;
    while (order.first([old, ...others]) !== old && rounds < 100) {
      rounds += 1;
      for (const other of others) {
        order.used(other, 1);
        order.evicted(other.key);
      }
    }
    expect(rounds).toBeGreaterThan(1);
    expect(rounds).toBeLessThan(10);
  });

  it('gives up the set that is cheapest together, not a dear one beside a cheap one that was too small', () => {
    const order = createEvictionOrder();
    const small = item('small', 10);
    const middle = item('middle', 50);
    const large = item('large', 60);
    order.used(small, 0.2);
    order.used(middle, 2);
    order.used(large, 2.1);
    expect(order.victims([small, middle, large], 55)?.map(({ key }) => key)).toEqual(['large']);
    expect(order.victims([small, middle, large], 50)?.map(({ key }) => key)).toEqual(['middle']);
    expect(order.victims([small, middle, large], 121)).toBeUndefined();
  });
});

test('victims always give enough, and none of them is too many', () => {
  const items = fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 100 }), uses: fc.integer({ min: 0, max: 9 }) }), {
    maxLength: 15,
  });
  fc.assert(
    fc.property(
      items,
      fc.integer({ min: 1, max: 800 }),
      fc.constantFrom('gdsf' as const, 'lru' as const),
      (list, bytes, policy) => {
        const order = createEvictionOrder(policy);
        const all = list.map((each, index) => ({ key: `k${index}`, ...each }));
        for (const each of all) for (let use = 0; use < each.uses; use += 1) order.used(each, 1);
        const sum = (some: readonly { bytes: number }[]) => some.reduce((total, each) => total + each.bytes, 0);
        const victims = order.victims(all, bytes);
        expect(victims === undefined).toBe(sum(all) < bytes);
        if (victims === undefined) return;
        expect(sum(victims)).toBeGreaterThanOrEqual(bytes);
        for (const each of victims)
          if (policy === 'lru' || each.uses > 0) expect(sum(victims) - each.bytes).toBeLessThan(bytes);
      },
    ),
  );
});
