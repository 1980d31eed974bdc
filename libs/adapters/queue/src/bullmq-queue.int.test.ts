import { newJobSchema } from '@nootropic/contracts';
import { describeQueueContract } from '@nootropic/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBullmqQueue } from './bullmq-queue.ts';
import { hasRedis, startRedis } from './redis-server.fixture.ts';

describe.skipIf(!hasRedis)('against redis-server (skipped where that program is missing)', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let subjects = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis[Symbol.asyncDispose]());
  const stalledMs = 30;

  describeQueueContract('createBullmqQueue', ({ random }) => {
    subjects += 1;
    const prefix = `test-${String(subjects)}`;
    return {
      open: async () => createBullmqQueue({ url: redis.url, prefix, random, stalledMs }),
      now: Date.now,
      advance: (ms) => new Promise((done) => setTimeout(done, ms + 4 * stalledMs)),
      [Symbol.asyncDispose]: async () => {},
    };
  });

  it('gives a ticket to a job that waits without one', async () => {
    const prefix = 'killed-while-adding';
    const queue = createBullmqQueue({ url: redis.url, prefix });
    const { job } = await queue.add(newJobSchema.parse({ kind: 'index', payload: {} }));
    const direct = new Redis(redis.url);
    await direct.del(`${prefix}:tickets:prioritized`, `${prefix}:tickets:${job.id}`);
    await direct.quit();
    const other = createBullmqQueue({ url: redis.url, prefix });
    expect((await other.claim({}))?.job.id).toBe(job.id);
    await queue[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  });

  it('goes on when the Redis comes back after a kill, with every job that it acknowledged', async () => {
    await using own = await startRedis();
    const queue = createBullmqQueue({ url: own.url, patienceMs: 1000, stalledMs: 50 });
    const add = async () => (await queue.add(newJobSchema.parse({ kind: 'index', payload: {} }))).job.id;
    const ids = [await add(), await add(), await add()];
    const claimed = await queue.claim({ leaseMs: 1000 });
    await own.kill();
    await expect(queue.claim({})).rejects.toMatchObject({ code: 'QUEUE_UNREACHABLE' });
    await expect(add()).rejects.toMatchObject({ code: 'QUEUE_UNREACHABLE' });
    await own.start();
    const done: string[] = [];
    while (done.length < ids.length) {
      const next = await queue.claim({}).catch(() => undefined);
      if (next) {
        await queue.settle(next, { ok: true, result: null });
        done.push(next.job.id);
      } else await new Promise((wake) => setTimeout(wake, 50));
    }
    expect(done.toSorted()).toEqual(ids.toSorted());
    expect(claimed && (await queue.settle(claimed, { ok: true, result: null }))).toBeUndefined();
    await queue[Symbol.asyncDispose]();
  });

  it('leaves no ticket of a job that is over', async () => {
    const prefix = 'clean';
    const queue = createBullmqQueue({ url: redis.url, prefix });
    await queue.add(newJobSchema.parse({ kind: 'index', payload: {} }));
    const { job } = await queue.add(newJobSchema.parse({ kind: 'index', payload: {} }));
    await queue.change(job.id, 'cancel');
    const claimed = await queue.claim({});
    if (claimed) await queue.settle(claimed, { ok: true, result: 1 });
    const direct = new Redis(redis.url);
    for (const left of ['active', 'prioritized', 'delayed', 'wait', 'completed', 'failed'])
      expect(await direct.exists(`${prefix}:tickets:${left}`)).toBe(0);
    await direct.quit();
    await queue[Symbol.asyncDispose]();
  });
});

describe('createBullmqQueue without a Redis', () => {
  it('says that the queue cannot be reached, and keeps the password to itself', async () => {
    const queue = createBullmqQueue({ url: 'redis://user:s3cret@127.0.0.1:1', patienceMs: 2000 });
    const failure = await queue.list().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'QUEUE_UNREACHABLE' });
    expect(String(failure)).not.toContain('s3cret');
    await queue[Symbol.asyncDispose]();
  });
});
