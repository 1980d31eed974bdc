import http from 'node:http';
import type { LoadOptions, Model } from '@nootropic/contracts';
import { describeModelContract, obedientAnswer, startScriptedServer, type ScriptedServer } from '@nootropic/testing';
import { afterAll, beforeAll } from 'vitest';
import { createBuiltinEmbedder } from './builtin-embedder.ts';
import { createOllamaRuntime } from './ollama-runtime.ts';
import { createOpenaiRuntime } from './openai-runtime.ts';

let server: ScriptedServer;
const openai = createOpenaiRuntime();
const ollama = createOllamaRuntime();

beforeAll(async () => {
  server = await startScriptedServer({ http, answer: obedientAnswer });
});

afterAll(async () => {
  await openai[Symbol.asyncDispose]();
  await ollama[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const load = (role: NonNullable<LoadOptions['role']>) => (): Promise<Model> =>
  openai.load(`openai:tiny@${server.url}/v1`, { role });

describeModelContract('a chat model of an OpenAI-compatible server', load('chat'), {
  abilities: ['generate', 'tools', 'json-schema'],
  callsTools: true,
  tokenizer: 'numbers',
});
describeModelContract('a completion model of an OpenAI-compatible server', load('completion'), {
  abilities: ['generate', 'infill'],
  tokenizer: 'numbers',
});
describeModelContract('an embedding model of an OpenAI-compatible server', load('embedding'), {
  abilities: ['embed'],
  tokenizer: 'numbers',
});
describeModelContract('a reranking model of an OpenAI-compatible server', load('reranking'), {
  abilities: ['rerank'],
  tokenizer: 'numbers',
});
describeModelContract('a model of an Ollama server', () => ollama.load(`ollama:tiny@${server.url}`), {
  abilities: ['generate', 'tools', 'json-schema', 'infill', 'embed'],
  callsTools: true,
});
describeModelContract('the built-in embedder', () => createBuiltinEmbedder().load('builtin:embedder'), {
  abilities: ['embed'],
});
