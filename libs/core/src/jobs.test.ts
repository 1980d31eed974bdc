import {
  NootropicError,
  newJobSchema,
  type Assistant,
  type ErrorCode,
  type Job,
  type Queue,
  type SendInput,
  type TurnEvent,
} from '@nootropic/contracts';
import { createMemoryQueue, createRecordingTelemetry, type RecordingTelemetry } from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChatAsk, Gateway, GatewayCaller, GatewayModel } from './gateway.ts';
import { createManualTime, type ManualTime } from './jobs.fixture.ts';
import { createJobs, type Jobs, type JobsOptions } from './jobs.ts';

type Sent = { readonly input: SendInput; readonly options: { signal?: AbortSignal; workClass?: string } };
type Answer = (ask: ChatAsk, caller: GatewayCaller) => Promise<string>;

let time: ManualTime;
let queue: Queue;
let telemetry: RecordingTelemetry;
let sent: Sent[];
let turn: (signal: AbortSignal) => AsyncGenerator<Partial<TurnEvent>>;
let answer: Answer;
const made: Jobs[] = [];

beforeEach(() => {
  time = createManualTime();
  queue = createMemoryQueue({ now: time.now, random: () => 0 });
  telemetry = createRecordingTelemetry();
  sent = [];
  answer = async ({ messages }) => `to ${messages.at(-1)?.content ?? ''}`;
  turn = async function* () {
    await Promise.resolve();
    yield { type: 'tool-call', call: { id: '1', name: 'search', arguments: {} } };
    yield { type: 'turn-end', reason: 'done', text: 'It is done.', citations: [], usage };
  };
});
afterEach(async () => {
  for (const each of made.splice(0)) await each[Symbol.asyncDispose]();
});

const usage = { tokensRead: 1, tokensReused: 0, tokensWritten: 2, totalMs: 3 };
const place = { seq: 1, sessionId: 's', turnId: 't', time: 0 };
const callers: GatewayCaller[] = [];

function gateway(): Gateway {
  const about: GatewayModel = {
    info: { ref: 'file:/a.gguf', name: 'a', can: ['generate'], contextLength: 100, dimensions: 0, local: true },
    ...{ name: 'a', role: 'chat', loaded: true, bytes: 0, importedAt: 0 },
  };
  const part: Pick<Gateway, 'find' | 'chat'> = {
    find: async () => about,
    chat: async (ask, caller) => {
      callers.push(caller);
      const text = await answer(ask, caller);
      return {
        ...{ model: about, contextLength: 100, promptTokens: 1, arranged: [] },
        events: (async function* () {
          await Promise.resolve();
          yield { type: 'text' as const, text };
          yield { type: 'finish' as const, reason: 'stop' as const, tokens: { read: 1, reused: 0, written: 1 } };
        })(),
      };
    },
  };
  return part as Gateway;
}

function jobsOn(options: Partial<JobsOptions> = {}): Jobs {
  const assistant = {
    send: async (input: SendInput, given: Sent['options']) => {
      sent.push({ input, options: given });
      const stop = given.signal ?? new AbortController().signal;
      return (async function* () {
        for await (const event of turn(stop)) yield { ...place, ...event };
      })();
    },
    index: {
      refresh: async () =>
        (async function* () {
          await Promise.resolve();
          const counts = { filesEmbedded: 1, filesRemoved: 0, chunksEmbedded: 2, skipped: [], tookMs: 5 };
          yield { phase: 'done' as const, done: 1, total: 1, ...counts };
        })(),
    },
    execute: {
      run: async () =>
        (async function* () {
          await Promise.resolve();
          yield { type: 'start' as const, language: 'python' as const, program: 'python3', sandbox: 'bwrap' };
          yield { type: 'output' as const, stream: 'stdout' as const, text: '4' };
          yield { type: 'output' as const, stream: 'stdout' as const, text: '2' };
          yield { type: 'end' as const, exitCode: 0, reason: 'exit' as const, truncated: false, tookMs: 1 };
        })(),
    },
  } as unknown as Assistant;
  const jobs = createJobs({
    ...{ queue, telemetry, workers: 1, keepDays: 30, now: time.now, later: time.later, random: () => 0 },
    ...{ assistant: () => assistant, gateway: gateway(), webhooks: { fetch: () => Promise.reject(new Error('none')) } },
    ...options,
  });
  made.push(jobs);
  return jobs;
}

const task = { kind: 'turn' as const, payload: { workspace: '/w', text: 'Do it.' } };
const add = async (jobs: Jobs, input: Parameters<Assistant['jobs']['add']>[0] = task): Promise<string> =>
  (await jobs.requests.add(input)).job.id;
const show = (jobs: Jobs, id: string): Promise<Job> => jobs.requests.show({ id });
const results = (): unknown[] =>
  telemetry.measured.flatMap(({ metric, labels }) => (metric === 'nootropic_jobs_total' ? [labels['result']] : []));

/** A turn that runs until its signal aborts. */
async function* endless(signal: AbortSignal): AsyncGenerator<Partial<TurnEvent>> {
  await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
  yield { type: 'turn-end', reason: 'aborted', text: '', citations: [], usage };
}

/** A turn that fails. */
const failing = (code: ErrorCode) =>
  async function* (): AsyncGenerator<Partial<TurnEvent>> {
    await Promise.resolve();
    yield { type: 'turn-error', error: new NootropicError(code).toJSON(), usage };
  };

describe('jobs', () => {
  it('works on a turn with nobody there, at the class of batches', async () => {
    const jobs = jobsOn();
    jobs.start();
    const id = await add(jobs);
    await time.pass(10);
    expect(await show(jobs, id)).toMatchObject({
      ...{ state: 'done', attempts: 1, progress: { done: 1, total: 0, note: 'search' } },
      result: { sessionId: 's', turnId: 't', text: 'It is done.', reason: 'done', usage },
    });
    expect(sent).toMatchObject([{ input: { ...task.payload, attended: false }, options: { workClass: 'batch' } }]);
    expect(results()).toEqual(['done']);
    expect(telemetry.measured.some(({ metric }) => metric === 'nootropic_job_seconds')).toBe(true);
  });

  it('works on chains, batches, programs and indexes', async () => {
    const jobs = jobsOn({ workers: 4 });
    jobs.start();
    callers.splice(0);
    const messages = (content: string) => [{ role: 'user' as const, content }];
    const ids = [
      await add(jobs, { kind: 'chain', payload: { input: 'x', steps: [{ name: 'a', prompt: '{{input}}!' }] } }),
      await add(jobs, {
        kind: 'completions',
        payload: { requests: [{ id: 'first', messages: messages('1') }, { messages: messages('2') }] },
      }),
      await add(jobs, { kind: 'execute', payload: { language: 'python', code: 'print(42)' } }),
      await add(jobs, { kind: 'index', payload: { workspace: '/w' } }),
    ];
    await time.pass(1000);
    const [chain, batch, program, index] = await Promise.all(ids.map(async (id) => (await show(jobs, id)).result));
    expect(chain).toEqual({ text: 'to x!', steps: { a: ['to x!'] } });
    expect(batch).toMatchObject({
      results: [{ id: 'first', text: 'to 1', reason: 'stop' }, { text: 'to 2' }],
      failed: 0,
    });
    expect(program).toMatchObject({ stdout: '42', stderr: '', exitCode: 0, reason: 'exit' });
    expect(index).toEqual({ filesEmbedded: 1, filesRemoved: 0, chunksEmbedded: 2, tookMs: 5, skipped: 0 });
    expect(callers).toHaveLength(3);
    expect(callers.every(({ workClass, client }) => workClass === 'batch' && client === 'jobs')).toBe(true);
  });

  it.each([
    ['a turn without a text', { kind: 'turn', payload: { workspace: '/w' } }, /^payload\.text of a job of kind turn/u],
    ['a turn that asks people', { kind: 'turn', payload: { workspace: '/w', text: 'x', attended: true } }, /attended/u],
    ['a chain in a circle', { kind: 'chain', payload: { steps: [{ name: 'a', prompt: '{{a}}' }] } }, /each other/u],
    ['a batch of nothing', { kind: 'completions', payload: { requests: [] } }, /^payload\.requests/u],
    ['a program in no language', { kind: 'execute', payload: { language: 'cobol', code: '' } }, /^payload\.language/u],
    ['an index of nothing', { kind: 'index', payload: {} }, /^payload\.workspace/u],
  ] as const)('refuses %s', async (_, { kind, payload }, message) => {
    const jobs = jobsOn();
    await expect(jobs.requests.add({ kind, payload: { ...payload } })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringMatching(message) as string,
    });
    expect(await jobs.requests.list({})).toEqual([]);
  });

  it('tries again what may go better, and not what is wrong in itself', async () => {
    const jobs = jobsOn();
    jobs.start();
    turn = failing('MODEL_CRASHED');
    const again = await add(jobs, { ...task, retry: { attempts: 2, delayMs: 5000, jitter: 0 } });
    await time.pass(10);
    expect(await show(jobs, again)).toMatchObject({ state: 'waiting', attempts: 1, error: { code: 'MODEL_CRASHED' } });
    await time.pass(6000);
    expect(await show(jobs, again)).toMatchObject({ state: 'dead', attempts: 2 });
    turn = failing('CONTEXT_OVERFLOW');
    const never = await add(jobs);
    await time.pass(10);
    expect(await show(jobs, never)).toMatchObject({ state: 'dead', attempts: 1, error: { code: 'CONTEXT_OVERFLOW' } });
    expect(results()).toEqual(['failed', 'dead', 'dead']);
  });

  it('notes the requests of a batch that fail, and tries the whole again where the model fails', async () => {
    const jobs = jobsOn();
    jobs.start();
    answer = async ({ messages }) => {
      const text = messages[0]?.content ?? '';
      if (text === 'long') throw new NootropicError('CONTEXT_OVERFLOW', 'Too long.');
      if (text === 'crash') throw new NootropicError('MODEL_CRASHED');
      return text;
    };
    const requests = (...texts: string[]) => ({
      kind: 'completions' as const,
      payload: { requests: texts.map((content) => ({ messages: [{ role: 'user' as const, content }] })) },
    });
    const some = await add(jobs, requests('long', 'short'));
    const none = await add(jobs, requests('long'));
    const crashed = await add(jobs, requests('short', 'crash'));
    await time.pass(100);
    expect((await show(jobs, some)).result).toMatchObject({
      results: [{ error: { code: 'CONTEXT_OVERFLOW', message: 'Too long.' } }, { text: 'short' }],
      failed: 1,
    });
    expect(await show(jobs, none)).toMatchObject({ state: 'dead', error: { code: 'CONTEXT_OVERFLOW' } });
    expect(await show(jobs, crashed)).toMatchObject({ state: 'waiting', error: { code: 'MODEL_CRASHED' } });
  });

  it('runs no more at once than it may', async () => {
    const jobs = jobsOn({ workers: 2 });
    turn = endless;
    jobs.start();
    for (let left = 3; left > 0; left -= 1) await add(jobs);
    await time.pass(10);
    expect(jobs.running).toBe(2);
    expect(await jobs.count()).toMatchObject({ running: 2, waiting: 1 });
    expect(telemetry.measured.findLast(({ metric }) => metric === 'nootropic_jobs_waiting')?.value).toBe(1);
  });

  it('takes none with no workers, and none before it is started', async () => {
    const none = jobsOn({ workers: 0 });
    none.start();
    jobsOn();
    await add(none);
    await time.pass(5000);
    expect(await none.count()).toMatchObject({ waiting: 1, running: 0 });
  });

  it('ends a run that takes too long', async () => {
    const jobs = jobsOn();
    turn = endless;
    jobs.start();
    const id = await add(jobs, { ...task, timeoutMs: 10_000, retry: { attempts: 1 } });
    await time.pass(9000);
    expect((await show(jobs, id)).state).toBe('running');
    await time.pass(1000);
    expect(await show(jobs, id)).toMatchObject({ state: 'dead', error: { code: 'JOB_TIMEOUT' } });
  });

  it('leaves a run behind that does not end when it is told to', async () => {
    const jobs = jobsOn();
    turn = async function* () {
      await new Promise(() => {});
      yield {};
    };
    jobs.start();
    const id = await add(jobs, { ...task, timeoutMs: 1000, retry: { attempts: 1 } });
    await time.pass(10_000);
    expect(await show(jobs, id)).toMatchObject({ state: 'dead', error: { code: 'JOB_TIMEOUT' } });
    expect(jobs.running).toBe(0);
  });

  it('ends a run that is cancelled, here at once and elsewhere soon', async () => {
    const jobs = jobsOn();
    turn = endless;
    jobs.start();
    const here = await add(jobs);
    await time.pass(10);
    await jobs.requests.change({ id: here, what: 'cancel' });
    await time.pass(1);
    expect(jobs.running).toBe(0);
    expect(await show(jobs, here)).toMatchObject({ state: 'cancelled' });
    const elsewhere = await add(jobs);
    await time.pass(10);
    await queue.change(elsewhere, 'cancel');
    await time.pass(3000);
    expect(jobs.running).toBe(0);
    expect(sent.every(({ options }) => options.signal?.aborted)).toBe(true);
    expect(results()).toEqual(['cancelled', 'cancelled']);
  });

  it('keeps its lease while it works, however long', async () => {
    const jobs = jobsOn();
    turn = endless;
    jobs.start();
    const id = await add(jobs);
    await time.pass(200_000);
    expect(await queue.claim({})).toBeUndefined();
    expect(await show(jobs, id)).toMatchObject({ state: 'running', attempts: 1 });
  });

  it('gives back what runs when it is drained, uncounted, and takes no more', async () => {
    const jobs = jobsOn();
    turn = endless;
    jobs.start();
    const [first, second] = [await add(jobs), await add(jobs)];
    await time.pass(10);
    await jobs.drain();
    await time.pass(5000);
    for (const id of [first, second]) expect(await show(jobs, id)).toMatchObject({ state: 'waiting', attempts: 0 });
    expect(results()).toEqual(['given-back']);
    turn = async function* () {
      await Promise.resolve();
      yield { type: 'turn-end', reason: 'done', text: 'Now.', citations: [], usage };
    };
    const next = jobsOn();
    next.start();
    await time.pass(1000);
    expect(await show(next, first)).toMatchObject({ state: 'done', attempts: 1 });
  });

  it('finds jobs that another program added, and goes on when the queue fails for a while', async () => {
    let isBroken = true;
    const jobs = jobsOn({
      queue: {
        ...queue,
        count: () => (isBroken ? Promise.reject(new NootropicError('QUEUE_UNREACHABLE')) : queue.count()),
        claim: (asked) => (isBroken ? Promise.reject(new NootropicError('QUEUE_UNREACHABLE')) : queue.claim(asked)),
      },
    });
    jobs.start();
    const { job } = await queue.add(newJobSchema.parse(task));
    await time.pass(5000);
    expect((await show(jobs, job.id)).state).toBe('waiting');
    expect(telemetry.lines.some(({ message }) => message.includes('queue of jobs failed'))).toBe(true);
    expect(await jobs.count()).toMatchObject({ waiting: 0, running: 0 });
    isBroken = false;
    expect(await jobs.count()).toMatchObject({ waiting: 1 });
    await time.pass(11_000);
    expect((await show(jobs, job.id)).state).toBe('done');
  });

  it('shows a job each time that it changes, until it has ended', async () => {
    const jobs = jobsOn();
    const id = await add(jobs, { ...task, delayMs: 3000 });
    const seen: string[] = [];
    const watching = (async () => {
      for await (const job of await jobs.requests.watch({ id: id.slice(0, -1) })) seen.push(job.state);
    })();
    await time.pass(2000);
    expect(seen).toEqual(['waiting']);
    jobs.start();
    await time.pass(5000);
    await watching;
    expect(seen[0]).toBe('waiting');
    expect(seen.at(-1)).toBe('done');
    await expect(jobs.requests.watch({ id: 'nope' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('ends watching when the job is forgotten, and when its reader goes', async () => {
    const jobs = jobsOn();
    const id = await add(jobs);
    const forgotten = (async () => {
      const seen: Job[] = [];
      for await (const job of await jobs.requests.watch({ id })) seen.push(job);
      return seen.length;
    })();
    const other = await add(jobs);
    const stream = await jobs.requests.watch({ id: other });
    await stream.next();
    const next = stream.next();
    await stream.return?.(undefined);
    expect((await next).done).toBe(true);
    await jobs.requests.change({ id, what: 'remove' });
    await time.pass(1000);
    expect(await forgotten).toBe(1);
  });

  it('forgets what was done long ago when a host starts, not what died, and nothing where that is asked for', async () => {
    const jobs = jobsOn();
    jobs.start();
    await add(jobs);
    await time.pass(3000);
    const states = async (on: Jobs) => (await on.requests.list({})).map(({ id, state }) => [id, state]);
    turn = async function* () {
      yield* [];
      throw new NootropicError('INPUT_INVALID');
    };
    const failing = await add(jobs);
    await time.pass(3000);
    expect((await show(jobs, failing)).state).toBe('dead');
    const after = (days: number, keepDays: number) => {
      const later = jobsOn({ keepDays, now: () => time.now() + days * 86_400_000 });
      later.start();
      return later;
    };
    for (const kept of [after(29, 30), after(400, 0)]) {
      await time.pass(61_000);
      expect((await states(kept)).length).toBe(2);
    }
    const later = after(31, 30);
    await time.pass(61_000);
    expect(await states(later)).toEqual([[failing, 'dead']]);
  });
});
