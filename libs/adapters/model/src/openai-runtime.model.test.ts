import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Model, ModelEvent } from '@nootropic/contracts';
import { describeModelContract, tinyEmbeddingGguf, tinyGguf, tinyRerankerGguf } from '@nootropic/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOpenaiRuntime } from './openai-runtime.ts';

const program = process.env['LLAMA_SERVER'] ?? '/usr/bin/llama-server';
const here = existsSync(program);
if (!here)
  process.stderr.write(
    `No llama-server at ${program}: set LLAMA_SERVER to test against one. The scripted server stands in for it.\n`,
  );

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startLlamaServer(args: readonly string[]): Promise<{ url: string; child: ChildProcess }> {
  const port = await freePort();
  const child = spawn(
    program,
    [...args, '--host', '127.0.0.1', '--port', String(port), '--threads', '1', '--parallel', '1'],
    { stdio: 'ignore' },
  );
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`llama-server ended with ${child.exitCode}`);
    if (
      await fetch(`${url}/health`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return { url, child };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill('SIGKILL');
  throw new Error('llama-server did not start within 30 s');
}

async function collect(events: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const all: ModelEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}
const textOf = (events: readonly ModelEvent[]): string =>
  events.map((event) => (event.type === 'text' ? event.text : '')).join('');

describe.skipIf(!here)('llama-server with the tiny models', () => {
  const runtime = createOpenaiRuntime();
  const children: ChildProcess[] = [];
  let dir = '';
  let chat = '';
  let embedding = '';
  let reranking = '';

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nootropic-llama-server-'));
    const first = await startLlamaServer(['--model', await tinyGguf({ fs, dir }), '--jinja', '--ctx-size', '4096']);
    children.push(first.child);
    chat = `openai:tiny@${first.url}/v1`;
    const second = await startLlamaServer(['--model', await tinyEmbeddingGguf({ fs, dir }), '--embeddings']);
    children.push(second.child);
    embedding = `openai:tiny@${second.url}/v1`;
    const third = await startLlamaServer(['--model', await tinyRerankerGguf({ fs, dir }), '--reranking']);
    children.push(third.child);
    reranking = `openai:tiny@${third.url}/v1`;
  }, 90_000);

  afterAll(async () => {
    await runtime[Symbol.asyncDispose]();
    for (const child of children) child.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true });
  });

  describeModelContract('a chat model of llama-server', () => runtime.load(chat), {
    abilities: ['generate', 'tools', 'json-schema'],
    logprobs: true,
    tokenizer: 'tokens',
    // A random model may fill a text without end.
    meetsSchema: false,
  });
  describeModelContract('an embedding model of llama-server', () => runtime.load(embedding, { role: 'embedding' }), {
    abilities: ['embed'],
    tokenizer: 'tokens',
  });

  describeModelContract('a completion model of llama-server', () => runtime.load(chat, { role: 'completion' }), {
    abilities: ['generate', 'infill'],
    tokenizer: 'tokens',
  });
  it('ranks', async () => {
    const model = await runtime.load(reranking, { role: 'reranking' });
    expect(model.info.can).toEqual(['rerank']);
    const scores = await model.rerank('open the session', ['open the session store', 'unrelated', '']);
    expect(scores.map(Number.isFinite)).toEqual([true, true, true]);
    await expect(collect(model.generate({ messages: [] }))).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
  });

  it('generates, the same text for the same seed, and counts', async () => {
    const model = await runtime.load(chat);
    expect(model.info).toMatchObject({ contextLength: 4096, local: true });
    const request = {
      messages: [{ role: 'user' as const, content: 'where are sessions stored?' }],
      maxTokens: 12,
      temperature: 0,
      seed: 1,
    };
    const first = await collect(model.generate(request));
    const second = await collect(model.generate(request));
    expect(textOf(first)).not.toBe('');
    expect(textOf(second)).toBe(textOf(first));
    const [one, two] = [first.at(-1), second.at(-1)];
    if (one?.type !== 'finish' || two?.type !== 'finish') throw new Error('no finish');
    expect(one.tokens.read + one.tokens.reused).toBeGreaterThan(10);
    expect(two.tokens.read + two.tokens.reused).toBe(one.tokens.read + one.tokens.reused);
    expect(two.tokens.reused).toBeGreaterThan(one.tokens.reused);
    expect(one.tokens.written).toBeGreaterThan(0);
  });

  it('keeps to a JSON Schema', async () => {
    const model = await runtime.load(chat);
    const jsonSchema = {
      type: 'object',
      properties: { answer: { enum: ['yes', 'no'] } },
      required: ['answer'],
      additionalProperties: false,
    };
    const events = await collect(
      model.generate({ messages: [{ role: 'user', content: 'well?' }], maxTokens: 200, jsonSchema }),
    );
    expect(['yes', 'no']).toContain((JSON.parse(textOf(events)) as { answer: string }).answer);
  });

  it('aborts', async () => {
    const model = await runtime.load(chat);
    const controller = new AbortController();
    const events: ModelEvent[] = [];
    for await (const event of model.generate(
      { messages: [{ role: 'user', content: 'count' }], maxTokens: 3_000 },
      { signal: controller.signal },
    )) {
      events.push(event);
      if (event.type === 'text') controller.abort();
    }
    expect(events.at(-1)).toMatchObject({ type: 'finish' });
    expect(events.filter(({ type }) => type === 'text').length).toBeLessThan(3_000);
  });

  it('refuses a prompt that does not fit', async () => {
    const model = await runtime.load(chat);
    await expect(
      collect(model.generate({ messages: [{ role: 'user', content: 'far too long '.repeat(3_000) }] })),
    ).rejects.toMatchObject({ code: 'CONTEXT_OVERFLOW' });
  });

  it('fills gaps', async () => {
    const model = await runtime.load(chat, { role: 'completion' });
    const events = await collect(
      model.infill({ prefix: 'function add(a, b) {\n  return ', suffix: ';\n}\n', maxTokens: 4, seed: 1 }),
    );
    expect(events.at(-1)).toMatchObject({ type: 'finish', tokens: { written: expect.any(Number) as number } });
  });

  it('counts tokens exactly, and the estimate is not below', async () => {
    const model: Model = await runtime.load(chat);
    expect(await model.countTokens('hello world')).toBeGreaterThan(1);
    expect(await model.countTokens('')).toBe(0);
  });

  it('embeds', async () => {
    const model = await runtime.load(embedding, { role: 'embedding' });
    const [a, b, again] = await model.embed(['hello world', 'something else', 'hello world']);
    expect(a).toHaveLength(model.info.dimensions);
    expect(Math.hypot(...(a ?? []))).toBeCloseTo(1, 4);
    expect(again).toEqual(a);
    expect(b).not.toEqual(a);
  });

  it('says what a server was not started for', async () => {
    await expect(runtime.load(chat, { role: 'reranking' })).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    await expect(runtime.load(chat, { role: 'embedding' })).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
  });
});
