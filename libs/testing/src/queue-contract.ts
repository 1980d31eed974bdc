import { newJobSchema, type ClaimedJob, type JobOutcome, type NewJob, type Queue } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** Jobs that several workers see, and the clock that they go by. */
export interface QueueSubject extends AsyncDisposable {
  /** A way to the jobs, as another program would have it. The suite disposes it. */
  open(): Promise<Queue>;
  /** Milliseconds since 1970, on the queue's clock. */
  now(): number;
  /** Lets so many milliseconds pass on that clock, by waiting where it cannot be moved. */
  advance(ms: number): Promise<void>;
}

const failure = { code: 'MODEL_CRASHED', message: 'It fell over.', hint: '' };
const failed: JobOutcome = { ok: false, error: failure, retry: true };
const secret = 'whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0';

/** The tests that every `Queue` passes. `makeSubject` gives one without jobs, which draws its chances from `random`. */
export function describeQueueContract(
  name: string,
  makeSubject: (options: { readonly random: () => number }) => QueueSubject | Promise<QueueSubject>,
): void {
  describe(`${name} is a Queue`, () => {
    let subject: QueueSubject;
    let queue: Queue;
    const opened: Queue[] = [];
    let chance = 0.25;
    const open = async (): Promise<Queue> => {
      const other = await subject.open();
      opened.push(other);
      return other;
    };
    beforeEach(async () => {
      chance = 0.25;
      subject = await makeSubject({ random: () => chance });
      queue = await open();
    });
    afterEach(async () => {
      for (const each of opened.splice(0)) await each[Symbol.asyncDispose]();
      await subject[Symbol.asyncDispose]();
    });

    const job = (more: Partial<Parameters<typeof newJobSchema.parse>[0] & object> = {}): NewJob =>
      newJobSchema.parse({ kind: 'turn', payload: { text: 'Do it.' }, ...more });
    const add = async (more: object = {}): Promise<string> => (await queue.add(job(more))).job.id;
    const claim = async (from: Queue = queue, worker: Parameters<Queue['claim']>[0] = {}): Promise<ClaimedJob> => {
      const claimed = await from.claim(worker);
      if (!claimed) throw new Error('There was nothing to claim.');
      return claimed;
    };
    const only = async (id: string) => {
      const [found] = await queue.list({ id });
      if (!found) throw new Error(`There is no ${id}.`);
      return found;
    };

    it('keeps what was added, and gives it to one worker', async () => {
      const { job: added, added: isNew } = await queue.add(job({ label: 'nightly', priority: 3, timeoutMs: 5000 }));
      expect(isNew).toBe(true);
      expect(added).toMatchObject({
        ...{ kind: 'turn', label: 'nightly', state: 'waiting', priority: 3, attempts: 0, timeoutMs: 5000 },
        ...{ payload: { text: 'Do it.' }, retry: { attempts: 3, delayMs: 1000, maxDelayMs: 3_600_000, jitter: 0.5 } },
      });
      const claimed = await claim(await open());
      expect(claimed.job).toMatchObject({ id: added.id, state: 'running', attempts: 1, payload: { text: 'Do it.' } });
      expect(claimed.job.startedAt).toBeGreaterThanOrEqual(added.createdAt);
      expect(await queue.claim({})).toBeUndefined();
      expect(await only(added.id)).toEqual(claimed.job);
    });

    it('never gives one job to two, however many ask at once', async () => {
      const ids = await Promise.all(Array.from({ length: 30 }, () => add()));
      const workers = await Promise.all(Array.from({ length: 4 }, open));
      const taken: string[] = [];
      await Promise.all(
        workers.map(async (worker) => {
          for (let claimed = await worker.claim({}); claimed; claimed = await worker.claim({})) {
            taken.push(claimed.job.id);
            await worker.settle(claimed, { ok: true, result: null });
          }
        }),
      );
      expect(taken.toSorted()).toEqual(ids.toSorted());
      expect((await queue.list({ states: ['done'] })).length).toBe(30);
    });

    it('gives the highest priority first, and of equals the oldest', async () => {
      const low = await add({ priority: -100 });
      const first = await add();
      const second = await add();
      const high = await add({ priority: 100 });
      const order: string[] = [];
      for (let left = 4; left > 0; left -= 1) order.push((await claim()).job.id);
      expect(order).toEqual([high, first, second, low]);
    });

    it('gives only the kinds that are asked for', async () => {
      const turn = await add({ priority: 5 });
      const index = await add({ kind: 'index' });
      expect((await claim(queue, { kinds: ['index', 'chain'] })).job.id).toBe(index);
      expect(await queue.claim({ kinds: ['index', 'chain'] })).toBeUndefined();
      expect((await only(turn)).state).toBe('waiting');
      expect((await claim()).job.id).toBe(turn);
    });

    it('waits as long as was asked', async () => {
      const later = await add({ delayMs: 1000, priority: 9 });
      const now = await add();
      expect((await only(later)).runAt).toBe((await only(later)).createdAt + 1000);
      expect((await claim()).job.id).toBe(now);
      expect(await queue.claim({})).toBeUndefined();
      await subject.advance(1001);
      expect((await claim()).job.id).toBe(later);
    });

    it('adds a job once for one idempotency key, also when two add it at once', async () => {
      const other = await open();
      const asked = { idempotencyKey: 'every night', label: 'one' };
      const both = await Promise.all([queue.add(job(asked)), other.add(job({ ...asked, label: 'two' }))]);
      expect(both.map(({ added }) => added).toSorted()).toEqual([false, true]);
      expect(both[0].job).toEqual(both[1].job);
      await queue.settle(await claim(), { ok: true, result: 1 });
      expect(await queue.add(job(asked))).toMatchObject({ added: false, job: { id: both[0].job.id, state: 'done' } });
      expect(await queue.list()).toHaveLength(1);
      await queue.change(both[0].job.id, 'remove');
      expect((await queue.add(job(asked))).added).toBe(true);
    });

    it('keeps the result of a run, and the last progress', async () => {
      const id = await add();
      const claimed = await claim();
      expect(await queue.report(claimed, { done: 2, total: 4, note: 'half' })).toEqual({ cancelled: false });
      expect((await only(id)).progress).toEqual({ done: 2, total: 4, note: 'half' });
      const ended = await queue.settle(claimed, { ok: true, result: { text: 'done — ✓', list: [1, null] } });
      expect(ended).toMatchObject({ state: 'done', result: { text: 'done — ✓', list: [1, null] }, attempts: 1 });
      expect(ended?.endedAt).toBeGreaterThanOrEqual(claimed.job.startedAt ?? Infinity);
      expect(await only(id)).toEqual(ended);
      expect(await queue.claim({})).toBeUndefined();
    });

    it('tries again after a wait that doubles, has a limit and a share of chance, and is dead after the last run', async () => {
      chance = 0.5;
      const id = await add({ retry: { attempts: 4, delayMs: 100, maxDelayMs: 250, jitter: 0.5 } });
      for (const wait of [75, 150, 187.5]) {
        const claimed = await claim();
        const before = subject.now();
        const waits = await queue.settle(claimed, failed);
        const after = subject.now();
        expect(waits).toMatchObject({ state: 'waiting', error: failure });
        expect(waits?.endedAt).toBeUndefined();
        expect(waits?.runAt).toBeGreaterThanOrEqual(before + Math.floor(wait));
        expect(waits?.runAt).toBeLessThanOrEqual(after + Math.ceil(wait));
        await subject.advance(wait + 1);
      }
      expect(await queue.settle(await claim(), failed)).toMatchObject({ state: 'dead', attempts: 4, error: failure });
      await subject.advance(500);
      expect(await queue.claim({})).toBeUndefined();
      expect((await queue.list({ states: ['dead'] })).map((each) => each.id)).toEqual([id]);
    });

    it('is dead at once where trying again cannot help', async () => {
      await add();
      const dead = await queue.settle(await claim(), { ok: false, error: failure, retry: false });
      expect(dead).toMatchObject({ state: 'dead', attempts: 1 });
    });

    it('lets a dead one try again with its runs counted anew', async () => {
      const id = await add({ retry: { attempts: 1 } });
      await queue.settle(await claim(), failed);
      expect(await queue.change(id, 'retry')).toMatchObject({ state: 'waiting', attempts: 0 });
      expect((await claim()).job).toMatchObject({ id, attempts: 1 });
    });

    it('takes a job back that its worker gave back, and does not count the run', async () => {
      const id = await add({ retry: { attempts: 1 } });
      const other = await open();
      expect(await queue.settle(await claim(), { ok: false, givenBack: true })).toMatchObject({
        ...{ state: 'waiting', attempts: 0 },
      });
      expect((await claim(other)).job).toMatchObject({ id, attempts: 1 });
    });

    it('gives a job to another worker when the lease ends, and lets the first one change nothing any more', async () => {
      const id = await add();
      const lost = await claim(queue, { leaseMs: 1000 });
      const other = await open();
      expect(await other.claim({})).toBeUndefined();
      await subject.advance(1100);
      const claimed = await claim(other);
      expect(claimed.job).toMatchObject({ id, attempts: 2 });
      expect(claimed.lease).not.toBe(lost.lease);
      expect(await queue.report(lost)).toEqual({ cancelled: true });
      expect(await queue.settle(lost, { ok: true, result: 'late' })).toBeUndefined();
      expect(await only(id)).toMatchObject({ state: 'running', attempts: 2 });
      expect(await other.settle(claimed, { ok: true, result: 'right' })).toMatchObject({ result: 'right' });
    });

    it('is dead when the lease of its last run ends', async () => {
      const id = await add({ retry: { attempts: 1 } });
      await claim(queue, { leaseMs: 1000 });
      await subject.advance(1100);
      expect(await (await open()).claim({})).toBeUndefined();
      expect(await only(id)).toMatchObject({ state: 'dead', attempts: 1, error: { code: 'JOB_LOST' } });
    });

    it('keeps a lease that is renewed by reports', async () => {
      await add();
      const claimed = await claim(queue, { leaseMs: 1500 });
      for (let times = 0; times < 3; times += 1) {
        await subject.advance(600);
        expect(await queue.report(claimed)).toEqual({ cancelled: false });
        expect(await (await open()).claim({})).toBeUndefined();
      }
      expect(await queue.settle(claimed, { ok: true, result: 0 })).toMatchObject({ state: 'done', attempts: 1 });
    });

    it('cancels a job that waits', async () => {
      const id = await add({ delayMs: 100 });
      expect(await queue.change(id, 'cancel')).toMatchObject({ state: 'cancelled' });
      await subject.advance(150);
      expect(await queue.claim({})).toBeUndefined();
      expect(await queue.change(id, 'retry')).toMatchObject({ state: 'waiting' });
      expect((await claim()).job.id).toBe(id);
    });

    it('cancels a job that runs: the worker hears of it, and its end counts no more', async () => {
      const id = await add();
      const claimed = await claim();
      await (await open()).change(id, 'cancel');
      expect(await queue.report(claimed, { done: 1, total: 1, note: '' })).toEqual({ cancelled: true });
      expect(await queue.settle(claimed, { ok: true, result: 'late' })).toBeUndefined();
      const now = await only(id);
      expect(now.state).toBe('cancelled');
      expect(now.result).toBeUndefined();
      await queue.change(id, 'retry');
      expect((await claim()).job).toMatchObject({ id, attempts: 1 });
    });

    it('refuses what the state of a job does not allow', async () => {
      const id = await add();
      await expect(queue.change(id, 'retry')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
      const claimed = await claim();
      await expect(queue.change(id, 'remove')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
      await queue.settle(claimed, { ok: true, result: 0 });
      await expect(queue.change(id, 'cancel')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
      await expect(queue.change(id, 'retry')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
      expect(await queue.change(id, 'remove')).toMatchObject({ id });
      await expect(queue.list({ id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(queue.change(id, 'cancel')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('removes a job that waits', async () => {
      await queue.change(await add(), 'remove');
      expect(await queue.claim({})).toBeUndefined();
      expect(await queue.list()).toEqual([]);
    });

    it('lists the newest first, by state and kind and up to a number, and finds a unique start of an id', async () => {
      const ids = [await add(), await add({ kind: 'index' }), await add()];
      expect((await queue.list()).map(({ id }) => id)).toEqual(ids.toReversed());
      expect((await queue.list({ limit: 2 })).map(({ id }) => id)).toEqual(ids.toReversed().slice(0, 2));
      expect((await queue.list({ kind: 'index' })).map(({ id }) => id)).toEqual([ids[1]]);
      const { job: running } = await claim();
      expect((await queue.list({ states: ['running', 'dead'] })).map(({ id }) => id)).toEqual([running.id]);
      expect((await queue.list({ states: ['dead'] })).length).toBe(0);
      const [first = ''] = ids;
      expect((await queue.list({ id: first })).map(({ id }) => id)).toEqual([first]);
      await expect(queue.list({ id: 'no-such-job' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(queue.list({ id: '' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      let common = 0;
      while (ids.every((id) => id[common] === first[common])) common += 1;
      if (common > 0)
        await expect(queue.list({ id: first.slice(0, common) })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('counts the jobs of each state', async () => {
      const none = { waiting: 0, running: 0, done: 0, dead: 0, cancelled: 0 };
      expect(await queue.count()).toEqual(none);
      const ids = await Promise.all(Array.from({ length: 5 }, () => add()));
      await queue.settle(await claim(), { ok: true, result: 1 });
      await queue.settle(await claim(), { ok: false, error: failure, retry: false });
      const claimed = await claim();
      const left = ids.filter((id) => id !== claimed.job.id);
      expect(await queue.count()).toEqual({ waiting: 2, running: 1, done: 1, dead: 1, cancelled: 0 });
      await queue.change(claimed.job.id, 'cancel');
      for (const id of left) if ((await only(id)).state !== 'waiting') await queue.change(id, 'remove');
      expect(await queue.count()).toEqual({ ...none, waiting: 2, cancelled: 1 });
    });

    it('finds a job by a start of its id', async () => {
      const id = await add();
      expect((await queue.list({ id: id.slice(0, -1) })).map((each) => each.id)).toEqual([id]);
      expect((await queue.change(id.slice(0, -1), 'cancel')).id).toBe(id);
    });

    it('runs a job with a cron line again and again, and makes up for missed times once', async () => {
      const id = await add({ cron: '* * * * * *' });
      const { runAt, createdAt } = await only(id);
      expect(runAt % 1000).toBe(0);
      expect(runAt).toBeGreaterThan(createdAt);
      expect(runAt).toBeLessThanOrEqual(createdAt + 1000);
      await subject.advance(2500);
      const claimed = await claim();
      expect(claimed.job).toMatchObject({ id, attempts: 1 });
      const again = await queue.settle(claimed, { ok: true, result: 'first' });
      expect(again).toMatchObject({ state: 'waiting', result: 'first' });
      expect(again?.runAt).toBeGreaterThan(claimed.job.startedAt ?? Infinity);
      // Where the clock cannot be stopped its next second may have begun.
      const soon = await queue.claim({});
      if (soon) expect(subject.now()).toBeGreaterThanOrEqual(again?.runAt ?? Infinity);
      else await subject.advance(1001);
      const second = await queue.settle(soon ?? (await claim()), { ok: false, error: failure, retry: false });
      expect(second).toMatchObject({ state: 'waiting', error: failure });
      expect(second?.result).toBeUndefined();
      expect((await queue.change(id, 'cancel')).state).toBe('cancelled');
      await subject.advance(1001);
      expect(await queue.claim({})).toBeUndefined();
    });

    it.each(['every night', '61 * * * *', '* * * *', ''])('refuses the cron line "%s"', async (cron) => {
      await expect(queue.add(job({ cron }))).rejects.toMatchObject({ code: 'INPUT_INVALID' });
      expect(await queue.list()).toEqual([]);
    });

    it('says what a webhook is still to be told, with its secret, and nowhere else', async () => {
      const webhook = { url: 'http://127.0.0.1:9/hook', secret };
      const done = await add({ webhook });
      const cancelled = await add({ webhook, delayMs: 60_000 });
      await add();
      expect((await only(done)).webhook).toEqual({ url: webhook.url, state: 'waiting', note: '' });
      expect(await queue.untold()).toEqual([]);
      await queue.settle(await claim(), { ok: true, result: 1 });
      await queue.change(cancelled, 'cancel');
      await queue.settle(await claim(), { ok: true, result: 2 });
      const untold = await queue.untold();
      expect(untold.map((each) => [each.job.id, each.job.state, each.secret]).toSorted()).toEqual(
        [
          [done, 'done', secret],
          [cancelled, 'cancelled', secret],
        ].toSorted(),
      );
      await queue.note(done, { url: webhook.url, state: 'waiting', note: 'HTTP 500' });
      expect((await only(done)).webhook?.note).toBe('HTTP 500');
      expect(await queue.untold()).toHaveLength(2);
      await queue.note(done, { url: webhook.url, state: 'told', note: '' });
      await queue.note(cancelled, { url: webhook.url, state: 'failed', note: 'HTTP 410' });
      expect(await queue.untold()).toEqual([]);
      expect(await only(cancelled)).toMatchObject({
        state: 'cancelled',
        webhook: { state: 'failed', note: 'HTTP 410' },
      });
      expect(JSON.stringify(await queue.list())).not.toContain(secret);
      await queue.note('no-such-job', { url: webhook.url, state: 'told', note: '' });
    });

    it('tells a webhook of each run of a job with a cron line, and of no run that is tried again', async () => {
      const webhook = { url: 'http://127.0.0.1:9/hook', secret };
      const id = await add({ webhook, cron: '* * * * * *' });
      const retried = await add({ webhook, priority: 9, retry: { delayMs: 60_000 } });
      await queue.settle(await claim(), failed);
      expect((await only(retried)).state).toBe('waiting');
      expect(await queue.untold()).toEqual([]);
      for (let run = 1; run <= 2; run += 1) {
        await subject.advance(1001);
        await queue.settle(await claim(), { ok: true, result: run });
        expect((await queue.untold()).map(({ job: { result } }) => result)).toEqual([run]);
        await queue.note(id, { url: webhook.url, state: 'told', note: '' });
      }
    });

    it('keeps texts as they are', async () => {
      const odd = { text: 'a\u0000b \u{1F642} \\ " \' % _ DROP TABLE jobs; --', nested: { deep: [[], {}] } };
      const id = await add({ payload: odd, label: odd.text });
      expect(await only(id)).toMatchObject({ payload: odd, label: odd.text });
    });
  });
}
