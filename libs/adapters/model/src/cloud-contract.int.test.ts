import http from 'node:http';
import {
  describeModelContract,
  obedientAnswer,
  sentImages,
  startScriptedServer,
  type ScriptedServer,
} from '@nootropic/testing';
import { afterAll, beforeAll, describe } from 'vitest';
import { cloudProviders, cloudSchemes } from './cloud-models.ts';
import { createCloudRuntime } from './cloud-runtime.ts';

const seeing = {
  openai: 'gpt-5.1',
  anthropic: 'claude-haiku-4-5',
  google: 'gemini-2.5-flash',
  xai: 'grok-4',
};

describe.each(cloudProviders)('%s', (provider) => {
  let server: ScriptedServer;
  beforeAll(async () => {
    server = await startScriptedServer({ http, answer: obedientAnswer, models: ['tiny', ...Object.values(seeing)] });
  });
  afterAll(() => server[Symbol.asyncDispose]());
  const load = async (role: 'chat' | 'embedding', name = 'tiny') => {
    const runtime = createCloudRuntime({
      provider,
      enabled: true,
      apiKey: async () => 'key',
      baseUrl: `${server.url}/${provider === 'google' ? 'v1beta' : 'v1'}`,
      retry: { firstDelayMs: 1 },
    });
    return runtime.load(`${cloudSchemes[provider]}:${name}`, { role });
  };

  describeModelContract(`a chat model of ${provider}`, () => load('chat'), {
    abilities: ['generate', 'tools', 'json-schema'],
    callsTools: true,
    raw: false,
  });
  describeModelContract(`a model of ${provider} that sees`, () => load('chat', seeing[provider]), {
    abilities: ['generate', 'tools', 'json-schema', 'see'],
    callsTools: true,
    raw: false,
    received: () => server.requests.slice(-1).flatMap(sentImages),
  });
  if (provider === 'openai' || provider === 'google')
    describeModelContract(`an embedding model of ${provider}`, () => load('embedding'), { abilities: ['embed'] });
});
