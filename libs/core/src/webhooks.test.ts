import { NootropicError, newJobSchema, type Job, type Queue } from '@nootropic/contracts';
import { createMemoryQueue, createRecordingTelemetry } from '@nootropic/testing';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualTime, type ManualTime } from './jobs.fixture.ts';
import { createWebhooks, type WebhookOptions, type Webhooks } from './webhooks.ts';

const secret = 'whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0';
const url = 'http://127.0.0.1:9/hook';

interface Told {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
  readonly redirect: string | undefined;
}

let time: ManualTime;
let queue: Queue;
let told: Told[];
let reply: () => Response | Promise<Response>;
let hooks: Webhooks;

const open = (options: Partial<WebhookOptions> = {}): Webhooks =>
  createWebhooks({
    ...{ queue, now: time.now, later: time.later, random: () => 0.5, telemetry: createRecordingTelemetry() },
    fetch: async (input, init) => {
      told.push({
        url: String(input),
        headers: new Headers(init?.headers),
        body: String(init?.body),
        redirect: init?.redirect,
      });
      const answer = reply();
      const stopped = new Promise<never>((_, fail) =>
        init?.signal?.addEventListener('abort', () => fail(new Error('aborted'))),
      );
      return Promise.race([answer, stopped]);
    },
    ...options,
  });

beforeEach(() => {
  // The library compares the time in the headers with its own clock.
  time = createManualTime(Date.now());
  queue = createMemoryQueue({ now: time.now });
  told = [];
  reply = () => new Response('thanks');
  hooks = open();
});
afterEach(() => hooks[Symbol.asyncDispose]());

async function ended(more: object = {}): Promise<string> {
  const { job } = await queue.add(
    newJobSchema.parse({ kind: 'turn', payload: { text: 'secret plan' }, webhook: { url, secret }, ...more }),
  );
  const claimed = await queue.claim({});
  if (claimed) await queue.settle(claimed, { ok: true, result: { text: 'Done.' } });
  return job.id;
}
const stateOf = async (id: string): Promise<Job['webhook']> => (await queue.list({ id }))[0]?.webhook;

describe('webhooks', () => {
  it('tells the end of a job once, signed so that the library of the standard accepts it', async () => {
    const id = await ended();
    hooks.start();
    await time.pass(120_000);
    expect(told).toHaveLength(1);
    const [message] = told;
    const headers = Object.fromEntries(message?.headers ?? []);
    const body = new Webhook(secret).verify(message?.body ?? '', headers);
    expect(body).toMatchObject({ type: 'job.done', data: { id, state: 'done', result: { text: 'Done.' } } });
    expect(message?.body).not.toContain('secret plan');
    expect(message).toMatchObject({ url, redirect: 'manual' });
    expect(headers['webhook-id']).not.toContain('.');
    expect(await stateOf(id)).toEqual({ url, state: 'told', note: '' });
    const other = new Webhook('whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90');
    expect(() => other.verify(message?.body ?? '', headers)).toThrow();
  });

  it('tries again with growing waits and the same id, and gives up after eight', async () => {
    reply = () => new Response('', { status: 503 });
    const id = await ended();
    hooks.start();
    const times: number[] = [];
    const start = time.now();
    for (let passed = 0; passed < 3 * 3600; passed += 10) {
      const before = told.length;
      await time.pass(10_000);
      if (told.length > before) times.push(Math.round((time.now() - start) / 1000));
    }
    expect(told).toHaveLength(8);
    expect(new Set(told.map(({ headers }) => headers.get('webhook-id'))).size).toBe(1);
    const waits = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(waits.at(-1)).toBeGreaterThan(1800);
    expect(waits.every((wait, index) => wait >= (waits[index - 1] ?? 0))).toBe(true);
    expect(await stateOf(id)).toMatchObject({ state: 'failed', note: 'HTTP 503, tried 8 of 8 times' });
  });

  it('says between two tries what went wrong, and tells it later', async () => {
    const id = await ended();
    reply = () => Promise.reject(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }));
    hooks.start();
    await time.pass(100);
    expect(await stateOf(id)).toMatchObject({ state: 'waiting', note: 'connect ECONNREFUSED, tried 1 of 8 times' });
    reply = () => new Response(null, { status: 204 });
    await time.pass(60_000);
    expect(await stateOf(id)).toMatchObject({ state: 'told' });
    expect(told).toHaveLength(2);
  });

  it('gives up at once on 410, follows no redirect, and waits no longer than it may', async () => {
    const gone = await ended();
    reply = () => new Response('', { status: 410 });
    hooks.start();
    await time.pass(100);
    expect(await stateOf(gone)).toMatchObject({ state: 'failed' });
    reply = () => new Response('', { status: 302, headers: { location: 'http://169.254.169.254/' } });
    const moved = await ended();
    hooks.wake();
    await time.pass(100);
    expect(await stateOf(moved)).toMatchObject({ state: 'waiting', note: 'HTTP 302, tried 1 of 8 times' });
    expect(told.every((each) => each.url === url)).toBe(true);
    reply = () => new Promise(() => {});
    const slow = await ended();
    hooks.wake();
    await time.pass(20_000);
    expect((await stateOf(slow))?.note).toContain('no answer within 15 s');
  });

  it('sends nothing where a name leads to a place that is refused', async () => {
    await hooks[Symbol.asyncDispose]();
    hooks = open({
      resolve: async (host) => (host === 'good.example' ? ['10.0.0.7'] : ['192.0.2.1', '169.254.169.254']),
    });
    const bad = await ended({ webhook: { url: 'https://rebound.example/x', secret } });
    const good = await ended({ webhook: { url: 'https://good.example/x', secret } });
    hooks.start();
    await time.pass(100);
    expect(told.map((each) => each.url)).toEqual(['https://good.example/x']);
    expect(await stateOf(good)).toMatchObject({ state: 'told' });
    expect(await stateOf(bad)).toMatchObject({ state: 'failed' });
    expect((await stateOf(bad))?.note).toContain('rebound.example leads to 169.254.169.254');
  });

  it('waits while nothing may leave this machine, however long, and tells it then', async () => {
    const id = await ended();
    reply = () => Promise.reject(new TypeError('fetch failed', { cause: new NootropicError('OFFLINE', 'Not now.') }));
    hooks.start();
    await time.pass(3 * 3_600_000);
    expect(await stateOf(id)).toMatchObject({ state: 'waiting', note: 'Not now.' });
    reply = () => new Response('thanks');
    await time.pass(60_000);
    expect(await stateOf(id)).toMatchObject({ state: 'told' });
  });

  it('refuses secrets that are not base64, and addresses it would never send to', async () => {
    await hooks.check({ url, secret });
    await hooks.check({ url, secret: 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0' });
    for (const wrong of ['not base64 at all, but long enough', 'whsec_*************************'])
      await expect(hooks.check({ url, secret: wrong })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    for (const wrong of ['http://169.254.169.254/latest', 'https://user:pass@example.com/', 'ftp://example.com/'])
      await expect(hooks.check({ url: wrong, secret })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });
});
