import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Message, Model, ModelEvent, ModelRuntime } from '@nootropic/contracts';
import { renderTinyPrompt, tinyGguf } from '@nootropic/testing';
import { createLlamaRuntime } from './llama-runtime.ts';

// What a model does with a text as it is, in a real model process: goes on from it, and tells its tokens.
const processEntry = fileURLToPath(new URL('./open-gate-process.fixture.ts', import.meta.url));
let dir = '';
let runtime: ModelRuntime;
let model: Model;

beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'llama-texts-'));
  runtime = createLlamaRuntime({
    processEntry,
    estimateMemory: () => ({ weights: 1, repack: 0, kvCache: 2, compute: 3, total: 6, gpu: 0 }),
  });
  model = await runtime.load(`file:${await tinyGguf({ fs, dir })}`, { contextLength: 4096 });
});

afterAll(async () => {
  await runtime[Symbol.asyncDispose]();
  await fs.rm(dir, { recursive: true, force: true });
});

async function run(events: AsyncIterable<ModelEvent>) {
  let text = '';
  let last: ModelEvent | undefined;
  for await (const event of events) {
    if (event.type === 'text') text += event.text;
    last = event;
  }
  if (last?.type !== 'finish') throw new Error('There is no finish.');
  return { text, ...last };
}

const messages: readonly Message[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Which of the words of this question is the longest?' },
];

describe('going on from a text', () => {
  it('reads names of special tokens as these, so that a prompt written out is the prompt itself', async () => {
    const asked = { messages: [...messages], temperature: 0, maxTokens: 20, seed: 1 };
    const answered = await run(model.generate(asked));
    const written = await run(
      model.infill({ prefix: renderTinyPrompt(asked), suffix: '', raw: true, maxTokens: 20, seed: 1 }),
    );
    // Only an answer loses the space before its first word.
    expect(written.text.trimStart()).toBe(answered.text);
    expect(written.tokens.reused + written.tokens.read).toBe(answered.tokens.reused + answered.tokens.read);
    expect(written.tokens.read).toBeLessThan(4);
  });

  it('reads the whole of a text that is longer than what is read around a gap', async () => {
    const prefix = 'the function '.repeat(1200);
    const { tokens } = await run(model.infill({ prefix, suffix: '', raw: true, maxTokens: 2 }));
    expect(tokens.read + tokens.reused).toBe(await model.countTokens(prefix));
    expect(tokens.read + tokens.reused).toBeGreaterThan(2200);
  });

  it('refuses what does not fit, instead of cutting it', async () => {
    const asked = { prefix: 'the function '.repeat(4000), suffix: '', raw: true };
    await expect(run(model.infill(asked))).rejects.toMatchObject({ code: 'CONTEXT_OVERFLOW' });
  });

  it('draws by its temperature and seed', async () => {
    const asked = { prefix: 'const a = ', suffix: '', raw: true, maxTokens: 16, temperature: 1.5, topP: 1 };
    const [one, same, other] = [
      await run(model.infill({ ...asked, seed: 1 })),
      await run(model.infill({ ...asked, seed: 1 })),
      await run(model.infill({ ...asked, seed: 2 })),
    ];
    expect(same.text).toBe(one.text);
    expect(other.text).not.toBe(one.text);
  });
});

it('reads parts of other files before a gap, and finds them read the next time', async () => {
  const extra = [{ name: 'a.ts', text: 'export const a = 1;\n'.repeat(20) }];
  const gap = { prefix: 'const b = ', suffix: ';\n', maxTokens: 2 };
  const plain = (await run(model.infill(gap))).tokens;
  const first = (await run(model.infill({ ...gap, extra }))).tokens;
  expect(first.read + first.reused).toBeGreaterThan(plain.read + plain.reused + 80);
  const next = (await run(model.infill({ ...gap, prefix: 'const bcd = ', extra }))).tokens;
  expect(next.reused).toBeGreaterThan(80);
  const many = Array.from({ length: 50 }, (_, at) => ({ name: `${at}.ts`, text: 'export const a = 1;\n'.repeat(20) }));
  const { tokens } = await run(model.infill({ ...gap, extra: many }));
  expect(tokens.read + tokens.reused).toBeLessThan(2048);
});

it('reads the line of the cursor last, so that a key reads little', async () => {
  const gap = { prefix: 'const a = 1;\n'.repeat(20), suffix: '\nreturn b;'.repeat(20), maxTokens: 2 };
  const whole = (await run(model.infill({ ...gap, begun: 'const b' }))).tokens;
  expect(whole.read + whole.reused).toBeGreaterThan(150);
  const { tokens } = await run(model.infill({ ...gap, begun: 'const bcd = ' }));
  expect(tokens.read).toBeLessThan(20);
  const long = (await run(model.infill({ ...gap, begun: 'x '.repeat(3000) }))).tokens;
  expect(long.read + long.reused).toBeLessThan(2048);
});

it('says which stop text ended an answer, a gap, and a text', async () => {
  const gap = { prefix: 'const a = ', suffix: ';\n', maxTokens: 30, seed: 1 };
  const works = [
    (stop: readonly string[]) => model.generate({ messages: [...messages], temperature: 0, maxTokens: 30, stop }),
    (stop: readonly string[]) => model.infill({ ...gap, stop }),
    (stop: readonly string[]) => model.infill({ ...gap, raw: true, stop }),
  ];
  for (const work of works) {
    const { text, stop: none } = await run(work([]));
    expect(none).toBeUndefined();
    const stop = text.slice(3, 6);
    expect(await run(work(['never said', stop]))).toMatchObject({ reason: 'stop', stop });
  }
});

describe('tokens', () => {
  it('of a prompt are as many as the model reads', async () => {
    const parameters = { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] };
    const prompt = { messages: [...messages], tools: [{ name: 'search', description: 'Searches.', parameters }] };
    const { tokens } = await run(model.generate({ ...prompt, maxTokens: 1, seed: 1 }));
    expect(await model.countTokens(prompt)).toBe(tokens.read + tokens.reused);
    expect(await model.countTokens({ messages: [...messages] })).toBeLessThan(await model.countTokens(prompt));
  });

  it.each([[[-1]], [[1.5]], [[1_000_000_000]], [[0, Number.NaN]]])('%j are refused', async (tokens) => {
    await expect(model.detokenize(tokens)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('of special tokens are one where their names stand for them', async () => {
    expect(await model.tokenize('<|im_end|>', { special: true })).toHaveLength(1);
    expect((await model.tokenize('<|im_end|>')).length).toBeGreaterThan(1);
  });

  it('of any text give the text again', async () => {
    for (const text of ['', ' a', 'ä€😀\n\t', '<|im_start|>', 'x'.repeat(3000)])
      expect(await model.detokenize(await model.tokenize(text))).toBe(text);
  });
});
