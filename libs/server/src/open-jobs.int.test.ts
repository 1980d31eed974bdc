import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Assistant, ChainEvent, ConfigInput, Job } from '@nootropic/contracts';
import { startScriptedServer, type RecordedRequest, type ScriptedServer } from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startHost, type RunningHost } from './host-life.ts';

const secret = 'whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0';
let home: string;
let model: ScriptedServer;
let host: RunningHost;
let client: Assistant;
/** Milliseconds before each piece of an answer. */
let pieceDelayMs: number;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'nootropic-jobs-'));
  pieceDelayMs = 0;
  model = await startScriptedServer({
    http,
    contextLength: 32_768,
    answer: ({ body }: RecordedRequest) => {
      const { content = '' } = (body?.['messages'] as { content: string }[] | undefined)?.at(-1) ?? {};
      return { text: ['Answer ', 'to ', content.slice(0, 40)], pieceDelayMs };
    },
  });
  await writeFile(join(home, 'notes.md'), 'Nothing of interest.\n');
  await start();
});
afterEach(async () => {
  await host.stop();
  await model[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

async function start(flags: ConfigInput = {}): Promise<void> {
  host = await startHost({
    env: { ...process.env, NOOTROPIC_HOME: join(home, 'data') },
    flags: { log: { level: 'silent' }, models: { chat: `openai:tiny@${model.url}/v1` }, ...flags },
    ...{ version: '1.2.3', port: 0 },
  });
  client = host.assistant;
}

async function ended(id: string): Promise<Job> {
  let last: Job | undefined;
  for await (const job of await client.jobs.watch({ id })) last = job;
  if (!last) throw new Error('It was never seen.');
  return last;
}

const requests = (...texts: string[]) => texts.map((content) => ({ messages: [{ role: 'user' as const, content }] }));

describe('the jobs of a host', () => {
  it('runs batches and tasks that a client adds, and shows them', async () => {
    const { job, added } = await client.jobs.add({
      ...{ kind: 'completions', payload: { requests: requests('one', 'two', 'three') }, idempotencyKey: 'k' },
    });
    expect(added).toBe(true);
    expect((await ended(job.id)).result).toMatchObject({
      ...{ results: [{ text: 'Answer to one' }, { text: 'Answer to two' }, { text: 'Answer to three' }], failed: 0 },
    });
    const question = await client.jobs.add({ kind: 'turn', payload: { workspace: home, text: 'What is it?' } });
    const turn = await ended(question.job.id);
    expect(turn).toMatchObject({ state: 'done', result: { reason: 'done' } });
    const { sessionId } = turn.result as { sessionId: string };
    expect((await client.sessions.show({ id: sessionId })).session.workspace).toBe(home);
    expect((await client.jobs.list({})).map(({ id }) => id)).toEqual([turn.id, job.id]);
    expect((await client.metrics()).text).toMatch(/nootropic_jobs_total\{kind="completions",result="done"\} 1/u);
    await expect(client.jobs.add({ kind: 'chain', payload: {} })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('tells a webhook on this machine, and ends with the last word of it', async () => {
    const told: { readonly headers: http.IncomingHttpHeaders; readonly body: string }[] = [];
    const arrived = Promise.withResolvers<void>();
    const receiver = http.createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        told.push({ headers: request.headers, body: Buffer.concat(pieces).toString() });
        response.end();
        arrived.resolve();
      });
    });
    await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
    const address = receiver.address();
    const url = `http://127.0.0.1:${String(typeof address === 'object' && address ? address.port : 0)}/hook`;
    const payload = { requests: requests('one') };
    const { job } = await client.jobs.add({ kind: 'completions', payload, webhook: { url, secret } });
    await arrived.promise;
    expect(JSON.parse(told[0]?.body ?? '')).toMatchObject({ type: 'job.done', data: { id: job.id } });
    expect(told[0]?.headers['webhook-signature']).toMatch(/^v1,/u);
    await expect(
      client.jobs.add({ kind: 'completions', payload, webhook: { url: 'http://169.254.169.254/', secret } }),
    ).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    receiver.closeAllConnections();
    await new Promise((done) => receiver.close(done));
  });

  it('gives back what runs when it ends, and the next host does it', async () => {
    pieceDelayMs = 60_000;
    const { job } = await client.jobs.add({ kind: 'completions', payload: { requests: requests('slow') } });
    const seen: string[] = [];
    const watching = (async () => {
      for await (const { state } of await client.jobs.watch({ id: job.id })) {
        seen.push(state);
        if (state === 'running') break;
      }
    })();
    await watching;
    await host.stop();
    pieceDelayMs = 0;
    await start();
    expect(await ended(job.id)).toMatchObject({ state: 'done', attempts: 1 });
  });

  it('ends a run that is cancelled', async () => {
    pieceDelayMs = 60_000;
    const { job } = await client.jobs.add({ kind: 'completions', payload: { requests: requests('slow') } });
    for await (const { state } of await client.jobs.watch({ id: job.id })) if (state === 'running') break;
    await client.jobs.change({ id: job.id, what: 'cancel' });
    expect((await ended(job.id)).state).toBe('cancelled');
    expect(await client.jobs.change({ id: job.id, what: 'remove' })).toMatchObject({ id: job.id });
    await expect(client.jobs.show({ id: job.id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('jobs on another machine', () => {
  it('are left alone where nothing may leave this one, and the host goes on without them', async () => {
    await host.stop();
    const redisUrl = 'redis://192.0.2.1:6379';
    await start({ network: { offline: true }, queue: { kind: 'redis', redisUrl } });
    await expect(client.jobs.list({})).rejects.toMatchObject({ code: 'OFFLINE' });
    expect((await client.host.status()).jobs).toEqual({ waiting: 0, running: 0, dead: 0 });
  });
});

describe('the chains of a host', () => {
  const chain = (body: object) =>
    fetch(`${host.url}/v1/chains`, {
      method: 'POST',
      headers: { authorization: `Bearer ${host.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('streams the steps, and refuses a circle with a status', async () => {
    const response = await chain({ input: 'Why?', preset: 'draft-critique-revise' });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const events = (await response.text())
      .split('\n')
      .flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice('data: '.length)) as ChainEvent] : []));
    expect(events.flatMap((event) => (event.type === 'step-start' ? [event.step] : []))).toEqual([
      ...['draft', 'critique', 'revise'],
    ]);
    expect(events.at(-1)).toMatchObject({
      ...{ type: 'chain-end', text: expect.stringContaining('# A first answer') as string },
    });
    const refused = await chain({ steps: [{ name: 'a', prompt: '{{a}}' }] });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('wait for each other');
  });
});
