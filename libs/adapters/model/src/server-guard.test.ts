import { NootropicError } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { refusal, unreachable, waitOf } from './server-errors.ts';
import { createServerGuard, createServerGuards, openToFirst, type ServerRetry } from './server-guard.ts';

const url = 'http://models.example/v1';
const never = new AbortController().signal;
const answered = (status: number, waitMs?: number) => refusal({ url, status, body: 'no', waitMs });
const refused = () => unreachable(url, '', Object.assign(new Error(), { code: 'ECONNREFUSED' }));

beforeEach(() => {
  // The clock moves by itself to the next timer, so that every wait is over at once and yet counted.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 1_000_000 });
});
afterEach(() => vi.useRealTimers());

/** Runs the work to its end, moving the clock whenever it waits. */
async function settle<T>(work: Promise<T>): Promise<{ value: T | NootropicError; tookMs: number }> {
  const since = Date.now();
  let done = false;
  const ended = work.then(
    (value) => value,
    (error: unknown) => error as NootropicError,
  );
  void ended.finally(() => (done = true));
  for (let turn = 0; !done && turn < 2_000; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!done) await vi.advanceTimersByTimeAsync(10);
  }
  return { value: await ended, tookMs: Date.now() - since };
}

/** An attempt that fails with each error in turn, then succeeds. */
function failing(...errors: readonly unknown[]) {
  const state = { calls: 0 };
  const attempt = async (): Promise<string> => {
    const error = errors[state.calls];
    state.calls += 1;
    if (error !== undefined) throw error;
    return 'ok';
  };
  return { state, attempt };
}

const guardOf = (limits: ServerRetry = {}) =>
  createServerGuard('http://models.example', { random: () => 0, ...limits });

describe('another try', () => {
  it.each([
    ['no connection', refused()],
    ['408', answered(408)],
    ['429', answered(429)],
    ['500', answered(500)],
    ['502', answered(502)],
    ['503', answered(503)],
    ['529', answered(529)],
  ])('is made after %s', async (_, error) => {
    const { state, attempt } = failing(error, error);
    expect((await settle(guardOf().run(attempt, never))).value).toBe('ok');
    expect(state.calls).toBe(3);
  });

  it.each([
    ['400', answered(400)],
    ['401', answered(401)],
    ['404', answered(404)],
    ['501', answered(501)],
    ['an abort', new NootropicError('ABORTED')],
    ['a refusal without a status', new NootropicError('MODEL_REFUSED')],
    ['a foreign error', new TypeError('x is not a function')],
  ])('is not made after %s', async (_, error) => {
    const { state, attempt } = failing(error);
    expect((await settle(guardOf().run(attempt, never))).value).toBe(error);
    expect(state.calls).toBe(1);
  });

  it('waits twice as long each time, and ends', async () => {
    const error = answered(500);
    const { state, attempt } = failing(...Array<unknown>(9).fill(error));
    const { value, tookMs } = await settle(guardOf({ firstDelayMs: 100, failures: 99 }).run(attempt, never));
    expect(value).toBe(error);
    expect(state.calls).toBe(4);
    expect(tookMs).toBeGreaterThanOrEqual(700);
    expect(tookMs).toBeLessThan(800);
  });

  it('waits up to a half less by chance', async () => {
    const { attempt } = failing(answered(500));
    const { tookMs } = await settle(guardOf({ firstDelayMs: 1000, random: () => 1 }).run(attempt, never));
    expect(tookMs).toBeGreaterThanOrEqual(500);
    expect(tookMs).toBeLessThan(600);
  });

  it('waits as long as the server asks, or gives up at once where that is too long', async () => {
    const { attempt } = failing(answered(429, 3000));
    expect((await settle(guardOf().run(attempt, never))).tookMs).toBeGreaterThanOrEqual(3000);
    const error = answered(429, 60_000);
    const long = failing(error);
    const { value, tookMs } = await settle(guardOf().run(long.attempt, never));
    expect({ same: value === error, tookMs, calls: long.state.calls }).toEqual({ same: true, tookMs: 0, calls: 1 });
  });

  it('is not made for a caller who left', async () => {
    const controller = new AbortController();
    const { state, attempt } = failing(answered(500), answered(500));
    const work = settle(guardOf({ firstDelayMs: 100 }).run(attempt, controller.signal));
    await vi.advanceTimersByTimeAsync(50);
    controller.abort();
    expect((await work).value).toMatchObject({ code: 'ABORTED' });
    expect(state.calls).toBe(1);
  });
});

describe('the circuit', () => {
  const limits: ServerRetry = { tries: 0, failures: 3, coolDownMs: 1000 };

  async function broken() {
    const guard = guardOf(limits);
    for (let call = 0; call < 3; call += 1) await settle(guard.run(failing(refused()).attempt, never));
    return guard;
  }

  it('opens after failures in a row: then nothing is asked, and the reason is said', async () => {
    const guard = await broken();
    expect(guard.state).toBe('open');
    const { state, attempt } = failing();
    expect((await settle(guard.run(attempt, never))).value).toMatchObject({
      code: 'MODEL_UNREACHABLE',
      message: expect.stringMatching(/failed 3 times in a row and is not asked for another 1 s.*refused/) as string,
    });
    expect(state.calls).toBe(0);
    expect(guard.detail).toMatch(/models\.example failed 3 times/);
  });

  it('stays closed where answers come between, also such as refuse the request or ask to wait', async () => {
    const guard = guardOf(limits);
    for (const error of [
      refused(),
      refused(),
      answered(404),
      refused(),
      refused(),
      answered(429),
      refused(),
      refused(),
    ])
      await settle(guard.run(failing(error).attempt, never));
    expect(guard.state).toBe('closed');
    expect(guard.detail).toBe('');
  });

  it('lets one request try after the wait, and closes when that succeeds', async () => {
    const guard = await broken();
    await vi.advanceTimersByTimeAsync(1000);
    expect((await settle(guard.run(failing().attempt, never))).value).toBe('ok');
    expect(guard.state).toBe('closed');
  });

  it.each([
    ['fails', refused()],
    ['is given up by its caller', new NootropicError('ABORTED')],
    ['is silent for too long', new NootropicError('MODEL_TIMEOUT')],
  ])('opens again, for twice as long, when that one %s', async (_, error) => {
    const guard = await broken();
    await vi.advanceTimersByTimeAsync(1000);
    expect((await settle(guard.run(failing(error).attempt, never))).value).toBe(error);
    expect(guard.state).toBe('open');
    await vi.advanceTimersByTimeAsync(1500);
    expect((await settle(guard.run(failing().attempt, never))).value).toMatchObject({ code: 'MODEL_UNREACHABLE' });
    await vi.advanceTimersByTimeAsync(600);
    expect((await settle(guard.run(failing().attempt, never))).value).toBe('ok');
  });

  it('keeps the error of the call that opened it', async () => {
    const error = refused();
    const guard = guardOf({ tries: 5, failures: 2, firstDelayMs: 1 });
    const { state, attempt } = failing(...Array<unknown>(9).fill(error));
    expect((await settle(guard.run(attempt, never))).value).toBe(error);
    expect(state.calls).toBe(2);
  });

  it('is one for each origin', async () => {
    const guards = createServerGuards(limits);
    for (let call = 0; call < 3; call += 1)
      await settle(guards.for('http://a.example/v1').run(failing(refused()).attempt, never));
    expect(guards.for('http://a.example/other').state).toBe('open');
    expect(guards.for('http://b.example/v1').state).toBe('closed');
    expect(guards.trouble()).toHaveLength(1);
  });
});

describe('openToFirst', () => {
  async function* items(list: readonly (string | Error)[], log: string[] = []): AsyncGenerator<string> {
    try {
      for (const item of list) {
        if (item instanceof Error) throw item;
        yield item;
      }
    } finally {
      log.push('closed');
    }
  }
  const rules = { says: (item: string) => item !== 'quiet', cut: () => new Error('cut') };

  it('gives every item, also those before the first that says something', async () => {
    const all: string[] = [];
    for await (const item of await openToFirst(items(['quiet', 'a', 'quiet', 'b']), rules)) all.push(item);
    expect(all).toEqual(['quiet', 'a', 'quiet', 'b']);
  });

  it('fails while nothing was said, and passes later failures on', async () => {
    await expect(openToFirst(items(['quiet', new Error('early')]), rules)).rejects.toThrow('early');
    await expect(openToFirst(items(['quiet']), rules)).rejects.toThrow('cut');
    const late = await openToFirst(items(['a', new Error('late')]), rules);
    await expect(
      (async () => {
        for await (const item of late) void item;
      })(),
    ).rejects.toThrow('late');
  });

  it('closes its source when it is left', async () => {
    const log: string[] = [];
    for await (const item of await openToFirst(items(['a', 'b'], log), rules)) if (item === 'a') break;
    expect(log).toEqual(['closed']);
  });
});

describe('waitOf', () => {
  it.each<[Record<string, string>, number | undefined]>([
    [{}, undefined],
    [{ 'retry-after': '3' }, 3000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after-ms': '120', 'retry-after': '3' }, 120],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:10 GMT' }, 9000],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
  ])('reads %j as %s', (headers, wait) => {
    expect(waitOf(new Headers(headers), 1000)).toBe(wait);
  });
});
