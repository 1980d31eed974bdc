import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyEmbeddingGguf, tinyGguf, tinyRerankerGguf } from '@nootropic/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anthropicScenarios } from './anthropic-scenarios.fixture.ts';
import { compose, type Composition } from './compose.ts';
import { llamacppScenarios } from './llamacpp-scenarios.fixture.ts';
import { ollamaScenarios } from './ollama-scenarios.fixture.ts';
import { serveStandard, type StandardHost } from './standard-host.fixture.ts';

let dir = '';
let composition: Composition;
let host: StandardHost & AsyncDisposable;

beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'nootropic-standard-'));
  const chat = await tinyGguf({ fs, dir });
  const embedding = await tinyEmbeddingGguf({ fs, dir });
  const reranking = await tinyRerankerGguf({ fs, dir });
  const refs = { chat: `file:${chat}`, embedding: `file:${embedding}`, reranking: `file:${reranking}` };
  composition = await compose({
    env: { ...process.env, NOOTROPIC_HOME: join(dir, 'home') },
    flags: { models: { ...refs, gpu: 'off' } },
  });
  const { gateway, assistant } = composition;
  const nameOf = async (ref: string): Promise<string> => (await gateway.find(ref)).name;
  const about = {
    chat: await nameOf(refs.chat),
    embedding: await nameOf(refs.embedding),
    reranking: await nameOf(refs.reranking),
    obedient: false,
  };
  host = await serveStandard(gateway, about, assistant.models);
}, 60_000);

afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await composition[Symbol.asyncDispose]();
  await fs.rm(dir, { recursive: true, force: true, maxRetries: 3 });
});

describe('the packages @anthropic-ai/sdk and ollama, and llama.cpp’s clients, with a model file', () => {
  it.each([...anthropicScenarios, ...ollamaScenarios, ...llamacppScenarios])(
    '$name',
    async ({ run }) => {
      await run(host);
      expect(host.running()).toBe(0);
    },
    60_000,
  );
});
