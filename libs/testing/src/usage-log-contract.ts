import type { UsageLog, UsageRecord } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** The tests that every `UsageLog` passes. `makeSubject` gives an empty log. */
export function describeUsageLogContract(name: string, makeSubject: () => UsageLog | Promise<UsageLog>): void {
  describe(`${name} is a UsageLog`, () => {
    let log: UsageLog;
    beforeEach(async () => {
      log = await makeSubject();
    });
    afterEach(() => log[Symbol.asyncDispose]());

    const record = (more: Partial<UsageRecord> = {}): UsageRecord => ({
      time: 1000,
      model: 'file:/a.gguf',
      client: 'cli',
      tokensRead: 10,
      tokensReused: 5,
      tokensWritten: 2,
      cost: 0,
      local: true,
      ...more,
    });

    it('sums nothing to nothing', async () => {
      expect(await log.sum()).toEqual([]);
    });

    it('adds up by model and client, the most tokens first', async () => {
      await log.add(record());
      await log.add(record({ tokensRead: 1, tokensReused: 0, tokensWritten: 1 }));
      await log.add(record({ client: 'editor', tokensRead: 100 }));
      await log.add(record({ model: 'anthropic:x', cost: 0.25, local: false, tokensRead: 1000 }));
      await log.add(record({ model: 'anthropic:x', cost: 0.5, local: false }));
      expect(await log.sum()).toEqual([
        {
          model: 'anthropic:x',
          client: 'cli',
          calls: 2,
          tokensRead: 1010,
          tokensReused: 10,
          tokensWritten: 4,
          cost: 0.75,
          local: false,
        },
        {
          model: 'file:/a.gguf',
          client: 'editor',
          calls: 1,
          tokensRead: 100,
          tokensReused: 5,
          tokensWritten: 2,
          cost: 0,
          local: true,
        },
        {
          model: 'file:/a.gguf',
          client: 'cli',
          calls: 2,
          tokensRead: 11,
          tokensReused: 5,
          tokensWritten: 3,
          cost: 0,
          local: true,
        },
      ]);
    });

    it('counts from a moment on, and for one turn', async () => {
      await log.add(record({ time: 1, turnId: 'one' }));
      await log.add(record({ time: 2, turnId: 'two' }));
      await log.add(record({ time: 3 }));
      expect((await log.sum({ since: 2 }))[0]?.calls).toBe(2);
      expect((await log.sum({ turnId: 'one' }))[0]?.calls).toBe(1);
      expect(await log.sum({ turnId: 'two', since: 3 })).toEqual([]);
      expect(await log.sum({ turnId: 'three' })).toEqual([]);
    });

    it('keeps names apart that look alike when they are joined', async () => {
      await log.add(record({ model: 'a b', client: 'c' }));
      await log.add(record({ model: 'a', client: 'b c' }));
      await log.add(record({ model: "'; DROP TABLE calls; --", client: '' }));
      expect(await log.sum()).toHaveLength(3);
    });

    it('loses none of many that are added at once', async () => {
      await Promise.all(Array.from({ length: 50 }, () => log.add(record())));
      expect((await log.sum())[0]).toMatchObject({ calls: 50, tokensRead: 500 });
    });
  });
}
