import { spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallOptions, GenerateRequest, LoadOptions, Message, Model, ModelRuntime } from '@nootropic/contracts';
import { tinyGguf } from '@nootropic/testing';
import { createLlamaRuntime } from './llama-runtime.ts';

const processEntry = fileURLToPath(new URL('./open-gate-process.fixture.ts', import.meta.url));
const estimateMemory = () => ({ weights: 0, repack: 0, kvCache: 0, compute: 0, total: 0, gpu: 0 });
const megabyte = 1024 * 1024;

let dir = '';
let path = '';
let pids: number[] = [];
const open: ModelRuntime[] = [];

beforeEach(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'llama-states-'));
  path = await tinyGguf({ fs, dir });
  pids = [];
});

afterEach(async () => {
  for (const runtime of open.splice(0)) await runtime[Symbol.asyncDispose]();
  await fs.rm(dir, { recursive: true, force: true });
});

function makeRuntime(limit = 100 * megabyte): ModelRuntime {
  const runtime = createLlamaRuntime({
    processEntry,
    estimateMemory,
    limits: { backoffMs: 1 },
    states: { root: join(dir, 'states'), limit },
    spawn: (command, args, options) => {
      const child = spawn(command, args, options);
      pids.push(child.pid ?? 0);
      return child;
    },
  });
  open.push(runtime);
  return runtime;
}

/** Runs with a fresh process, and ends that in good order. */
async function inProcess<T>(
  work: (model: Model) => Promise<T>,
  options: LoadOptions & { limit?: number } = {},
): Promise<T> {
  const { limit, ...load } = options;
  const runtime = makeRuntime(limit);
  const model = await runtime.load(`file:${path}`, { contextLength: 2048, threads: 1, ...load });
  try {
    return await work(model);
  } finally {
    await model[Symbol.asyncDispose]();
    await runtime[Symbol.asyncDispose]();
  }
}

async function ask(model: Model, request: GenerateRequest, options: CallOptions = {}) {
  let text = '';
  for await (const event of model.generate({ temperature: 0, maxTokens: 12, ...request }, options)) {
    if (event.type === 'text') text += event.text;
    if (event.type === 'finish') return { text, reason: event.reason, ...event.tokens };
  }
  throw new Error('The stream had no end.');
}

const words = (count: number, from: string): string =>
  Array.from({ length: count }, (_, index) => `${from}${index}`).join(' ');
const system: Message = { role: 'system', content: `You answer questions about code. ${words(120, 'rule')}` };
const user = (content: string): Message => ({ role: 'user', content });

describe('what a model has read', () => {
  it('is not read again in the next turn', async () => {
    await inProcess(async (model) => {
      const first = [system, user(words(60, 'question'))];
      const one = await ask(model, { messages: first }, { session: 's' });
      const second = [...first, { role: 'assistant', content: one.text } as const, user('and then?')];
      const two = await ask(model, { messages: second }, { session: 's' });
      expect(one.reused).toBe(0);
      expect(two.reused).toBeGreaterThan(one.read * 0.95);
      expect(two.read).toBeLessThan(60);
    });
  });

  it('is not read again for the way in which the model wrote its answer', async () => {
    await inProcess(async (model) => {
      const messages: Message[] = [system];
      for (const turn of [1, 2, 3, 4]) {
        messages.push(user(words(4, `turn${turn}`)));
        const answer = await ask(model, { messages, maxTokens: 40, temperature: 1, seed: turn }, { session: 's' });
        // The new message, what the template puts around it, and the last token of the answer, which was written but not yet read.
        if (turn > 1) expect(answer.read).toBeLessThan((await model.countTokens(words(4, `turn${turn}`))) + 20);
        messages.push({ role: 'assistant', content: answer.text });
      }
    });
  });

  it('is there again after a restart', async () => {
    const messages = [system, user(words(60, 'question'))];
    const one = await inProcess((model) => ask(model, { messages }, { session: 's' }));
    const two = await inProcess((model) => ask(model, { messages }, { session: 's' }));
    expect(two.text).toBe(one.text);
    expect(two.reused).toBeGreaterThan(one.read * 0.95);
  });

  it('is kept for each of two conversations that take turns on one sequence', async () => {
    await inProcess(async (model) => {
      const a = [user(words(150, 'alpha'))];
      const b = [user(words(150, 'beta'))];
      const [one, two] = [
        await ask(model, { messages: a }, { session: 'a' }),
        await ask(model, { messages: b }, { session: 'b' }),
      ];
      const again = await ask(model, { messages: a }, { session: 'a' });
      const back = await ask(model, { messages: b }, { session: 'b' });
      expect([again.text, back.text]).toEqual([one.text, two.text]);
      expect(again.reused).toBeGreaterThan(one.read * 0.95);
      expect(back.reused).toBeGreaterThan(two.read * 0.95);
    });
  });

  it('of the instructions serves a new conversation, also after a restart', async () => {
    const one = await inProcess((model) =>
      ask(model, { messages: [system, user(words(150, 'alpha'))] }, { session: 'a' }),
    );
    // So that only the instructions' own state can serve.
    const two = await inProcess((model) =>
      ask(model, { messages: [system, user(words(150, 'beta'))] }, { session: 'b' }),
    );
    expect(one.reused).toBe(0);
    const instructions = await inProcess((model) => model.countTokens(system.content));
    expect(two.reused).toBeGreaterThanOrEqual(instructions);
    expect(two.read).toBeLessThan(one.read);
  });

  it('is never taken from a model loaded otherwise', async () => {
    const messages = [system, user(words(60, 'question'))];
    await inProcess((model) => ask(model, { messages }, { session: 's' }));
    const other = await inProcess((model) => ask(model, { messages }, { session: 's' }), { kvType: 'q8_0' });
    expect(other.reused).toBe(0);
  });

  it('is read again where its file was cut off, and nothing breaks', async () => {
    const messages = [system, user(words(60, 'question'))];
    const one = await inProcess((model) => ask(model, { messages }, { session: 's' }));
    for (const file of await stateFiles()) await fs.truncate(file, 5_000);
    const two = await inProcess((model) => ask(model, { messages }, { session: 's' }));
    expect(two).toMatchObject({ text: one.text, reused: 0 });
  });

  it('takes no more of the disk than allowed, and the oldest goes first', async () => {
    const limit = 600_000;
    const messages = (name: string) => [user(words(200, name))];
    await inProcess(
      async (model) => {
        for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
          await ask(model, { messages: messages(name) }, { session: name });
      },
      { limit },
    );
    const sizes = await Promise.all((await stateFiles()).map(async (file) => (await fs.stat(file)).size));
    expect(sizes.length).toBeGreaterThan(0);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(limit);
    const last = await inProcess((model) => ask(model, { messages: messages('f') }, { session: 'f' }), { limit });
    const first = await inProcess((model) => ask(model, { messages: messages('a') }, { session: 'a' }), { limit });
    expect(last.reused).toBeGreaterThan(0);
    expect(first.reused).toBe(0);
  });

  it('comes back when idle memory was given up', async () => {
    const runtime = makeRuntime();
    const model = await runtime.load(`file:${path}`, { contextLength: 2048, threads: 1 });
    const messages = [system, user(words(60, 'question'))];
    const one = await ask(model, { messages }, { session: 's' });
    expect(await runtime.shrink('contexts')).toBeGreaterThanOrEqual(0);
    expect((await runtime.health()).models).toMatchObject([{ heldTokens: 0, state: 'idle' }]);
    const two = await ask(model, { messages }, { session: 's' });
    expect(two.text).toBe(one.text);
    expect(two.reused).toBeGreaterThan(one.read * 0.95);
    expect((await runtime.health()).models).toMatchObject([{ sequences: 1, role: 'chat' }]);
  });

  it('survives a kill of the process in the middle of an answer', async () => {
    const runtime = makeRuntime();
    const model = await runtime.load(`file:${path}`, { contextLength: 2048, threads: 1 });
    const messages = [system, user(words(60, 'question'))];
    const running = ask(model, { messages, maxTokens: 400 }, { session: 's' });
    running.catch(() => undefined);
    for await (const event of model.generate({ messages, maxTokens: 1 }, { workClass: 'completion' }))
      if (event.type === 'finish') break;
    process.kill(pids.at(-1) ?? 0, 'SIGKILL');
    await running.catch(() => undefined);
    const after = await ask(model, { messages }, { session: 's' });
    expect(after.reason).toBe('length');
  });
});

describe('one sequence, more than one conversation at once', () => {
  it('lets urgent work go first, and the other answer is the same as without', async () => {
    await inProcess(async (model) => {
      const long = { messages: [user(words(150, 'alpha'))], maxTokens: 200 };
      const alone = await ask(model, long, { workClass: 'batch' });
      const order: string[] = [];
      const background = ask(model, { ...long, messages: [user(words(150, 'alpha'))] }, { workClass: 'batch' });
      void background.then(() => order.push('batch'));
      const urgent = ask(model, { messages: [user(words(40, 'beta'))], maxTokens: 5 }, { workClass: 'chat' });
      void urgent.then(() => order.push('chat'));
      const [slow, quick] = await Promise.all([background, urgent]);
      expect(order).toEqual(['chat', 'batch']);
      expect(quick.written).toBe(5);
      expect(slow.text).toBe(alone.text);
    });
  });

  it('lets a cancelled one go while another has its place', async () => {
    await inProcess(async (model) => {
      const stop = new AbortController();
      const background = ask(
        model,
        { messages: [user(words(150, 'alpha'))], maxTokens: 300 },
        { workClass: 'batch', signal: stop.signal },
      );
      const urgent = ask(model, { messages: [user(words(40, 'beta'))], maxTokens: 60 }, { workClass: 'chat' });
      stop.abort();
      expect((await background).reason).toBe('aborted');
      expect((await urgent).reason).toBe('length');
      expect((await ask(model, { messages: [user('hi')], maxTokens: 3 })).written).toBe(3);
    });
  });
});

async function stateFiles(): Promise<string[]> {
  const root = join(dir, 'states');
  const names = await fs.readdir(root, { recursive: true });
  return names.filter((name) => name.endsWith('.state')).map((name) => join(root, name));
}
