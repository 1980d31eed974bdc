import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Model, ModelEvent, ModelRuntime } from '@nootropic/contracts';
import { describeModelContract, tinyEmbeddingGguf, tinyGguf } from '@nootropic/testing';
import { createLlamaRuntime, type LlamaRuntimeOptions } from './llama-runtime.ts';

// The gate of the scheduler is of another layer; here every unit is granted at once, in small chunks.
const processEntry = fileURLToPath(new URL('./open-gate-process.fixture.ts', import.meta.url));
const estimateMemory = () => ({ weights: 1, repack: 0, kvCache: 2, compute: 3, total: 6, gpu: 0 });

let dir = '';
let chatPath = '';
let callingPath = '';
let embeddingPath = '';
const runtimes: ModelRuntime[] = [];
const pids: number[] = [];

function makeRuntime(options: Partial<LlamaRuntimeOptions> = {}): ModelRuntime {
  const runtime = createLlamaRuntime({
    processEntry,
    estimateMemory,
    limits: { backoffMs: 1 },
    spawn: (command, args, spawnOptions) => {
      const child = spawn(command, args, spawnOptions);
      pids.push(child.pid ?? 0);
      return child;
    },
    ...options,
  });
  runtimes.push(runtime);
  return runtime;
}

beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'llama-runtime-'));
  chatPath = await tinyGguf({ fs, dir });
  callingPath = await tinyGguf({ fs, dir }, { callsTools: true });
  embeddingPath = await tinyEmbeddingGguf({ fs, dir });
});

afterAll(async () => {
  for (const runtime of runtimes) await runtime[Symbol.asyncDispose]();
  await fs.rm(dir, { recursive: true, force: true });
});

const shared: { runtime?: ModelRuntime } = {};
const sharedRuntime = (): ModelRuntime => (shared.runtime ??= makeRuntime());

describeModelContract('a chat model in llama.cpp', () => sharedRuntime().load(`file:${chatPath}`), {
  abilities: ['generate', 'tools', 'json-schema', 'infill'],
  tokenizer: 'tokens',
  tellsReuse: true,
});

describeModelContract('a model in llama.cpp that calls tools', () => sharedRuntime().load(`file:${callingPath}`), {
  abilities: ['generate', 'tools', 'json-schema', 'infill'],
  callsTools: true,
  tokenizer: 'tokens',
});

describeModelContract(
  'an embedding model in llama.cpp',
  () => sharedRuntime().load(`file:${embeddingPath}`, { role: 'embedding' }),
  {
    abilities: ['embed'],
    tokenizer: 'tokens',
  },
);

const hi = { messages: [{ role: 'user', content: 'hi' }], seed: 1 } as const;

async function collect(events: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const all: ModelEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

function finish(events: readonly ModelEvent[]) {
  const last = events.at(-1);
  if (last?.type !== 'finish') throw new Error('There is no finish.');
  return last;
}

describe('reading a prompt', () => {
  const long = (tail: string) =>
    ({
      messages: [{ role: 'user', content: `${'the function '.repeat(300)}${tail}` }],
      seed: 1,
      maxTokens: 4,
    }) as const;

  it('reports progress, and does not read again what it still holds', async () => {
    const model = await sharedRuntime().load(`file:${chatPath}`, { contextLength: 2048 });
    const first = await collect(model.generate(long('one')));
    const second = await collect(model.generate(long('two')));
    expect(first.filter((event) => event.type === 'prompt-progress').length).toBeGreaterThan(0);
    expect(finish(first).tokens).toMatchObject({ reused: 0, written: 4 });
    expect(finish(second).tokens.reused).toBeGreaterThan(600);
    expect(finish(second).tokens.reused + finish(second).tokens.read).toBeLessThan(finish(first).tokens.read + 20);
    expect(finish(second).tokens.read).toBeLessThan(40);
  });

  it('says the same with and without what it holds', async () => {
    const model = await sharedRuntime().load(`file:${chatPath}`, { contextLength: 2048 });
    const textOf = async () =>
      (await collect(model.generate(long('three')))).map((event) => (event.type === 'text' ? event.text : '')).join('');
    await collect(model.generate({ ...hi, maxTokens: 8 }));
    const fresh = await textOf();
    expect(await textOf()).toBe(fresh);
  });

  it('stops within a chunk when it is aborted', async () => {
    const model = await sharedRuntime().load(`file:${chatPath}`);
    const abort = new AbortController();
    const events: ModelEvent[] = [];
    for await (const event of model.generate(
      { messages: [{ role: 'user', content: 'a key '.repeat(1500) }] },
      { signal: abort.signal },
    )) {
      events.push(event);
      if (event.type === 'prompt-progress') abort.abort();
    }
    expect(finish(events).reason).toBe('aborted');
    expect(finish(events).tokens.read).toBeLessThan(1000);
    expect(finish(events).tokens.written).toBe(0);
  });

  it('refuses what is longer than the context', async () => {
    const model = await sharedRuntime().load(`file:${chatPath}`);
    await expect(
      collect(model.generate({ messages: [{ role: 'user', content: 'the '.repeat(6000) }] })),
    ).rejects.toMatchObject({ code: 'CONTEXT_OVERFLOW' });
  });

  it('refuses a schema that no grammar can be made of', async () => {
    const model = await sharedRuntime().load(`file:${chatPath}`);
    await expect(collect(model.generate({ ...hi, jsonSchema: { $ref: '#/$defs/missing' } }))).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
  });
});

describe('loading', () => {
  it('loads once for two who ask at once', async () => {
    const runtime = makeRuntime();
    const before = pids.length;
    const [a, b] = await Promise.all([runtime.load(`file:${chatPath}`), runtime.load(`file:${chatPath}`)]);
    expect(pids.length).toBe(before + 1);
    await a[Symbol.asyncDispose]();
    expect(finish(await collect(b.generate({ ...hi, maxTokens: 2 }))).reason).toBe('length');
    await runtime[Symbol.asyncDispose]();
  });

  it('names what is not there, and what is no model', async () => {
    const runtime = makeRuntime();
    await expect(runtime.load(`file:${join(dir, 'none.gguf')}`)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    const text = join(dir, 'text.gguf');
    await fs.writeFile(text, 'no model at all, only some words in a file');
    await expect(runtime.load(`file:${text}`)).rejects.toMatchObject({ code: 'MODEL_FILE_INVALID' });
    await expect(runtime.load('ollama:x')).rejects.toMatchObject({ code: 'MODEL_REF_INVALID' });
    await expect(runtime.load(`file:${chatPath}`, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    await runtime[Symbol.asyncDispose]();
  });

  it('estimates without starting a process', async () => {
    const before = pids.length;
    expect(await makeRuntime().estimate(`file:${chatPath}`)).toEqual(estimateMemory());
    expect(pids.length).toBe(before);
  });

  it('refuses a file whose load ends or stalls the process, once and for all, and keeps the others', async () => {
    for (const [name, words] of [
      ['crash', /ended the model process/],
      ['stall', /stood still/],
    ] as const) {
      const runtime = makeRuntime({ loadTimeoutMs: 3_000 });
      const good = await runtime.load(`file:${chatPath}`);
      const bad = join(dir, `please-${name}.gguf`);
      await fs.copyFile(chatPath, bad);
      const before = pids.length;
      await expect(runtime.load(`file:${bad}`)).rejects.toMatchObject({
        code: 'MODEL_LOAD_FAILED',
        message: expect.stringMatching(words) as string,
      });
      await expect(runtime.load(`file:${bad}`)).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED' });
      expect(pids.length).toBe(before);
      expect(await runtime.health()).toMatchObject({ crashes: 1 });
      expect(finish(await collect(good.generate({ ...hi, maxTokens: 2 }))).reason).toBe('length');
      await runtime[Symbol.asyncDispose]();
    }
  });
});

async function killWhileGenerating(model: Model): Promise<unknown> {
  try {
    for await (const event of model.generate({ ...hi, maxTokens: 3_000 })) {
      if (event.type === 'text') process.kill(pids.at(-1) ?? 0, 'SIGKILL');
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('when the model process dies', () => {
  it('loses the generation under way, and the next one works', async () => {
    const runtime = makeRuntime();
    const model = await runtime.load(`file:${chatPath}`);
    expect(await killWhileGenerating(model)).toMatchObject({ code: 'MODEL_CRASHED' });
    expect(await runtime.health()).toMatchObject({ state: 'restarting', crashes: 1 });
    expect(finish(await collect(model.generate({ ...hi, maxTokens: 4 }))).reason).toBe('length');
    expect(await runtime.health()).toMatchObject({ state: 'ready', crashes: 1 });
    await runtime[Symbol.asyncDispose]();
  });

  it('gives up after three times, and tries again when ten minutes have passed', async () => {
    let now = 0;
    const runtime = makeRuntime({ clock: { now: () => now } });
    const model = await runtime.load(`file:${chatPath}`);
    for (let kill = 0; kill < 3; kill += 1) {
      now += 60_000;
      expect(await killWhileGenerating(model)).toMatchObject({ code: 'MODEL_CRASHED' });
    }
    expect(await runtime.health()).toMatchObject({ state: 'degraded', crashes: 3 });
    const before = pids.length;
    await expect(collect(model.generate(hi))).rejects.toMatchObject({ code: 'MODEL_DEGRADED' });
    expect(pids.length).toBe(before);
    now += 600_001;
    expect(finish(await collect(model.generate({ ...hi, maxTokens: 2 }))).reason).toBe('length');
    await runtime[Symbol.asyncDispose]();
  });
});

describe('the end of the host', () => {
  it('ends the model process, also when the host is killed', async () => {
    const host = spawn(
      process.execPath,
      [fileURLToPath(new URL('./orphan-host.fixture.ts', import.meta.url)), processEntry, chatPath],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const line = await new Promise<string>((resolve) => host.stdout.setEncoding('utf8').once('data', resolve));
    const child = Number(line);
    expect(isAlive(child)).toBe(true);
    host.kill('SIGKILL');
    for (let tries = 0; tries < 200 && isAlive(child); tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(isAlive(child)).toBe(false);
  });

  it('ends running calls with ABORTED when the runtime is disposed', async () => {
    const runtime = makeRuntime();
    const model = await runtime.load(`file:${chatPath}`);
    const before = pids.at(-1) ?? 0;
    const running = collect(model.generate({ ...hi, maxTokens: 3_000 }));
    running.catch(() => undefined);
    await runtime[Symbol.asyncDispose]();
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
    expect(isAlive(before)).toBe(false);
    await expect(runtime.load(`file:${chatPath}`)).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

/** A process that nobody has collected yet (state Z) is dead: a killed parent collects nothing. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    // Without /proc the signal alone tells.
    return (error as { code?: string }).code === 'ENOENT' && process.platform !== 'linux';
  }
}

describe('a GPU whose driver ends the process', () => {
  const onGpu: Partial<LlamaRuntimeOptions> = {
    spawn: (command, args, options) =>
      spawn(command, args, { ...options, env: { ...options.env, NOOTROPIC_TEST_GPU: '1' } }),
  };

  it('is not used again: the model is loaded on the processor', async () => {
    const runtime = makeRuntime(onGpu);
    const path = join(dir, 'please-crash-on-gpu.gguf');
    await fs.copyFile(chatPath, path);
    const model = await runtime.load(`file:${path}`);
    expect(await collect(model.generate({ ...hi, maxTokens: 3 }))).toContainEqual(
      expect.objectContaining({ type: 'finish', reason: 'length' }),
    );
    expect((await runtime.health()).models).toMatchObject([{ gpuLayers: 0 }]);
    await model[Symbol.asyncDispose]();
  });

  it('is no excuse for a file that ends the process without it as well', async () => {
    const runtime = makeRuntime(onGpu);
    const path = join(dir, 'please-crash.gguf');
    await fs.copyFile(chatPath, path);
    await expect(runtime.load(`file:${path}`)).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED' });
    await expect(runtime.load(`file:${path}`)).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED' });
  });
});

it('several sequences of one model answer at once as each does alone', async () => {
  const runtime = makeRuntime();
  const model = await runtime.load(`file:${chatPath}`, { sequences: 3, contextLength: 512 });
  const questions = ['alpha', 'beta', 'gamma'].map((word) => ({
    messages: [{ role: 'user', content: `${word} `.repeat(20) }] as const,
    temperature: 0,
    maxTokens: 40,
  }));
  const text = async (request: (typeof questions)[number]) =>
    (await collect(model.generate(request))).map((event) => (event.type === 'text' ? event.text : '')).join('');
  const alone = [];
  for (const question of questions) alone.push(await text(question));
  expect(await Promise.all(questions.map(text))).toEqual(alone);
  expect((await runtime.health()).models).toMatchObject([{ sequences: 3 }]);
  await model[Symbol.asyncDispose]();
});
