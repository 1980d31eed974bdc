import http from 'node:http';
import type { LoadOptions, Model } from '@nootropic/contracts';
import {
  describeModelContract,
  obedientAnswer,
  sentImages,
  startScriptedServer,
  type ScriptedServer,
} from '@nootropic/testing';
import { afterAll, beforeAll } from 'vitest';
import { createBuiltinEmbedder } from './builtin-embedder.ts';
import { createOllamaRuntime } from './ollama-runtime.ts';
import { createOpenaiRuntime } from './openai-runtime.ts';

let server: ScriptedServer;
let seeing: ScriptedServer;
const openai = createOpenaiRuntime();
const ollama = createOllamaRuntime();

beforeAll(async () => {
  server = await startScriptedServer({ http, answer: obedientAnswer });
  seeing = await startScriptedServer({ http, answer: obedientAnswer, sees: true });
});

afterAll(async () => {
  await openai[Symbol.asyncDispose]();
  await ollama[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await seeing[Symbol.asyncDispose]();
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
const received = () => seeing.requests.slice(-1).flatMap(sentImages);
describeModelContract('a model of llama-server that sees', () => openai.load(`openai:tiny@${seeing.url}/v1`), {
  abilities: ['generate', 'tools', 'json-schema', 'see'],
  callsTools: true,
  tokenizer: 'numbers',
  received,
});
describeModelContract('a model of an Ollama server that sees', () => ollama.load(`ollama:tiny@${seeing.url}`), {
  abilities: ['generate', 'tools', 'json-schema', 'infill', 'embed', 'see'],
  callsTools: true,
  received,
});
describeModelContract('the built-in embedder', () => createBuiltinEmbedder().load('builtin:embedder'), {
  abilities: ['embed'],
});
