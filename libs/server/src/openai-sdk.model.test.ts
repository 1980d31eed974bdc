import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyEmbeddingGguf, tinyGguf } from '@nootropic/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aiScenarios } from './ai-sdk-scenarios.fixture.ts';
import { compose, type Composition } from './compose.ts';
import { serveOpenai, type OpenHost } from './openai-host.fixture.ts';
import { openaiScenarios } from './openai-scenarios.fixture.ts';

let dir = '';
let composition: Composition;
let host: OpenHost;

beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'nootropic-openai-'));
  const chat = await tinyGguf({ fs, dir });
  const embedding = await tinyEmbeddingGguf({ fs, dir });
  composition = await compose({
    env: { ...process.env, NOOTROPIC_HOME: join(dir, 'home') },
    flags: { models: { chat: `file:${chat}`, embedding: `file:${embedding}`, gpu: 'off' } },
  });
  const { gateway } = composition;
  const nameOf = async (ref: string): Promise<string> => (await gateway.find(`file:${ref}`)).name;
  host = await serveOpenai(gateway, { chat: await nameOf(chat), embedding: await nameOf(embedding), obedient: false });
}, 60_000);

afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await composition[Symbol.asyncDispose]();
  await fs.rm(dir, { recursive: true, force: true, maxRetries: 3 });
});

describe('the packages openai and ai, with a model file', () => {
  it.each([...openaiScenarios, ...aiScenarios])(
    '$name',
    async ({ run }) => {
      await run(host);
      expect(host.running()).toBe(0);
    },
    60_000,
  );
});
