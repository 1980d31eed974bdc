import http from 'node:http';
import { describeModelContract, obedientAnswer, startScriptedServer, type ScriptedServer } from '@nootropic/testing';
import { afterAll, beforeAll, describe } from 'vitest';
import { cloudProviders, cloudSchemes } from './cloud-models.ts';
import { createCloudRuntime } from './cloud-runtime.ts';

describe.each(cloudProviders)('%s', (provider) => {
  let server: ScriptedServer;
  beforeAll(async () => {
    server = await startScriptedServer({ http, answer: obedientAnswer });
  });
  afterAll(() => server[Symbol.asyncDispose]());
  const load = async (role: 'chat' | 'embedding') => {
    const runtime = createCloudRuntime({
      provider,
      enabled: true,
      apiKey: async () => 'key',
      baseUrl: `${server.url}/${provider === 'google' ? 'v1beta' : 'v1'}`,
      retry: { firstDelayMs: 1 },
    });
    return runtime.load(`${cloudSchemes[provider]}:tiny`, { role });
  };

  describeModelContract(`a chat model of ${provider}`, () => load('chat'), {
    abilities: ['generate', 'tools', 'json-schema'],
    callsTools: true,
    raw: false,
  });
  if (provider === 'openai' || provider === 'google')
    describeModelContract(`an embedding model of ${provider}`, () => load('embedding'), { abilities: ['embed'] });
});
