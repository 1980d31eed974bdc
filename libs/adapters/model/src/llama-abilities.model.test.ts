import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kvTypes, type ModelRuntime } from '@nootropic/contracts';
import { describeModelContract, tinyEmbeddingGguf, tinyGguf, tinyRerankerGguf } from '@nootropic/testing';
import { createLlamaRuntime } from './llama-runtime.ts';

// What a model can do beside answering, each with a model made for it, in a real model process.
const processEntry = fileURLToPath(new URL('./open-gate-process.fixture.ts', import.meta.url));
let dir = '';
let runtime: ModelRuntime;
let thinking = '';
let ranking = '';
let embedding = '';

beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'llama-abilities-'));
  thinking = `file:${await tinyGguf({ fs, dir }, { thinks: true })}`;
  ranking = `file:${await tinyRerankerGguf({ fs, dir })}`;
  embedding = `file:${await tinyEmbeddingGguf({ fs, dir })}`;
  runtime = createLlamaRuntime({
    processEntry,
    estimateMemory: () => ({ weights: 1, repack: 0, kvCache: 2, compute: 3, total: 6, gpu: 0 }),
  });
});

afterAll(async () => {
  await runtime[Symbol.asyncDispose]();
  await fs.rm(dir, { recursive: true, force: true });
});

describeModelContract('a model in llama.cpp that thinks', () => runtime.load(thinking), {
  abilities: ['generate', 'tools', 'json-schema', 'infill'],
  thinks: true,
  logprobs: true,
  own: true,
  tokenizer: 'tokens',
});

describeModelContract('a reranking model in llama.cpp', () => runtime.load(ranking, { role: 'reranking' }), {
  abilities: ['rerank'],
  own: true,
  tokenizer: 'tokens',
});

describeModelContract('an embedding model in llama.cpp', () => runtime.load(embedding, { role: 'embedding' }), {
  abilities: ['embed'],
  own: true,
  tokenizer: 'tokens',
});

describe('keys and values in fewer bits', () => {
  it.each(kvTypes)('%s: a model answers and fills gaps', async (kvType) => {
    const own = createLlamaRuntime({
      processEntry,
      estimateMemory: () => ({ weights: 1, repack: 0, kvCache: 2, compute: 3, total: 6, gpu: 0 }),
    });
    try {
      const model = await own.load(thinking, { kvType, contextLength: 512 });
      for (const stream of [
        model.generate({ messages: [{ role: 'user', content: 'hi' }], seed: 1, maxTokens: 12, thinkingTokens: 0 }),
        model.infill({ prefix: 'const a = ', suffix: ';', maxTokens: 8 }),
      ]) {
        let text = '';
        for await (const event of stream) if (event.type === 'text') text += event.text;
        expect(text).toMatch(/^[\x20-\x7e\n]{8,}$/);
      }
    } finally {
      await own[Symbol.asyncDispose]();
    }
  });
});

describe('ranking', () => {
  it('puts the document first that shares most with the query, wherever in it', async () => {
    const model = await runtime.load(ranking, { role: 'reranking', contextLength: 512 });
    const far = ' buffer of bytes'.repeat(900);
    const documents = [
      ' a buffer of bytes to decode',
      ' open the session store',
      ' open the session',
      `${far} open the session store`,
      far,
      '',
    ];
    const scores = await model.rerank(' open the session', documents);
    expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
    const order = scores
      .map((score, index) => ({ score, index }))
      .sort((a, b) => b.score - a.score)
      .map(({ index }) => index);
    expect(order.slice(0, 2)).toEqual([2, 1]);
    expect(scores[3]).toBeGreaterThan(scores[4] ?? Infinity);
  });

  it('is what a model file says it is for, where nobody says so', async () => {
    expect((await runtime.load(ranking)).info.can).toEqual(['rerank']);
  });
});

describe('a text longer than the context', () => {
  it('is embedded as the mean of its windows, weighted by their tokens', async () => {
    const model = await runtime.load(embedding, { role: 'embedding', contextLength: 256 });
    const [half, other, both] = await model.embed([
      ' open the session store'.repeat(50),
      ' decode every byte'.repeat(60),
      ' open the session store'.repeat(50) + ' decode every byte'.repeat(60),
    ]);
    const like = (a?: Float32Array, b?: Float32Array) =>
      a?.reduce((sum, value, i) => sum + value * (b?.[i] ?? 0), 0) ?? 0;
    // With its end left out it would be the first half alone.
    expect(like(both, half)).toBeLessThan(0.99);
    expect(like(both, half)).toBeGreaterThan(like(other, half));
    expect(like(both, other)).toBeGreaterThan(like(half, other));
  });
});
