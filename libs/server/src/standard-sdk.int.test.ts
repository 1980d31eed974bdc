import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anthropicScenarios } from './anthropic-scenarios.fixture.ts';
import { llamacppScenarios } from './llamacpp-scenarios.fixture.ts';
import { ollamaScenarios } from './ollama-scenarios.fixture.ts';
import { serveScripted, type StandardHost } from './standard-host.fixture.ts';

let host: StandardHost & AsyncDisposable;

beforeAll(async () => {
  host = await serveScripted();
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

describe('the packages @anthropic-ai/sdk and ollama, and llama.cpp’s clients, with a scripted model', () => {
  it.each([...anthropicScenarios, ...ollamaScenarios, ...llamacppScenarios])('$name', async ({ run }) => {
    await run(host);
    expect(host.running()).toBe(0);
  });
});
