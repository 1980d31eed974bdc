import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  getLlama,
  LlamaChatSession,
  LlamaCompletion,
  type Llama,
  type LlamaContext,
  type LlamaModel,
} from 'node-llama-cpp';
import { tinyEmbeddingGguf, tinyGguf } from '@nootropic/testing';

describe('the tiny models in llama.cpp', () => {
  let dir = '';
  let llama: Llama;
  let model: LlamaModel;
  let context: LlamaContext;

  beforeAll(async () => {
    dir = await fs.mkdtemp(join(tmpdir(), 'tiny-gguf-'));
    llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: 1 });
    model = await llama.loadModel({ modelPath: await tinyGguf({ fs, dir }) });
    context = await model.createContext({ contextSize: 1024, threads: 1 });
  });

  afterAll(async () => {
    await llama.dispose();
    await fs.rm(dir, { recursive: true, force: true });
  });

  async function chat<T>(use: (session: LlamaChatSession) => Promise<T>): Promise<T> {
    const session = new LlamaChatSession({ contextSequence: context.getSequence() });
    try {
      return await use(session);
    } finally {
      await session.sequence.dispose();
    }
  }

  it('generates printable text up to the limit, the same for the same seed', async () => {
    const answer = (seed: number) =>
      chat((session) => session.promptWithMeta('hi', { maxTokens: 120, temperature: 0.2, seed }));
    const first = await answer(1);
    expect(first.stopReason).toBe('maxTokens');
    expect(first.responseText).toMatch(/^[\x20-\x7e\n]{200,}$/);
    expect((await answer(1)).responseText).toBe(first.responseText);
    expect((await answer(2)).responseText).not.toBe(first.responseText);
  });

  it('ends by itself at temperature 1', async () => {
    const reasons = [];
    for (const seed of [4, 5, 6, 7]) {
      reasons.push((await chat((s) => s.promptWithMeta('hi', { maxTokens: 900, temperature: 1, seed }))).stopReason);
    }
    expect(reasons).toContain('eogToken');
  });

  it('answers in the form of a schema', async () => {
    const grammar = await llama.createGrammarForJsonSchema({
      type: 'object',
      properties: {
        answer: { type: 'string' },
        count: { type: 'integer' },
        list: { type: 'array', items: { type: 'string' } },
      },
      required: ['answer', 'count', 'list'],
    });
    for (const [seed, temperature] of [0, 0.2, 1].entries()) {
      const text = await chat((session) => session.prompt('hi', { grammar, maxTokens: 300, temperature, seed }));
      expect(grammar.parse(text)).toMatchObject({
        answer: expect.any(String),
        count: expect.any(Number),
        list: expect.any(Array),
      });
    }
  });

  it('fills in the middle', async () => {
    const sequence = context.getSequence();
    const completion = new LlamaCompletion({ contextSequence: sequence });
    expect(completion.infillSupported).toBe(true);
    const text = await completion.generateInfillCompletion('const a = ', ';\n', { maxTokens: 12, seed: 1 });
    expect(text.length).toBeGreaterThan(10);
    await sequence.dispose();
  });

  it('reads back the text that it tokenized', () => {
    const text = 'Hello Wörld 🦙 the model\n\treturn "x" + 12;';
    expect(model.detokenize(model.tokenize(text))).toBe(text);
    expect(model.tokenize(' the model')).toHaveLength(2);
    expect(model.tokens.eotString ?? model.tokens.eosString).toBe('<|im_end|>');
    expect(model.trainContextSize).toBe(4096);
  });

  it('embeds, with texts that share words near each other', async () => {
    const embedding = await llama.loadModel({ modelPath: await tinyEmbeddingGguf({ fs, dir }) });
    const embedder = await embedding.createEmbeddingContext({ threads: 1 });
    const [a, b, c] = await Promise.all(
      ['open the session store', 'close the session store', '42 + 17 = 59'].map((text) =>
        embedder.getEmbeddingFor(text),
      ),
    );
    expect(a?.vector).toHaveLength(64);
    expect(a && b && a.calculateCosineSimilarity(b)).toBeGreaterThan(0.5);
    expect(a && c && a.calculateCosineSimilarity(c)).toBeLessThan(0.4);
    await embedding.dispose();
  });
});
