import { NootropicError, type Assistant, type Model } from '@nootropic/contracts';
import type { Gateway } from '@nootropic/core';
import { createFakeGateway, createScriptedModel, type ScriptedCall, type ScriptedReply } from '@nootropic/testing';
import { countRunning } from './openai-host.fixture.ts';
import { serve } from './serve.ts';
import { standardApis } from './standard-apis.ts';

/** A host that the scenarios ask, by its addresses alone. */
export interface StandardHost {
  readonly url: string;
  readonly token: string;
  /** The port for clients without a key. */
  readonly openUrl: string;
  /** Names of its models; no reranking model where it has none. */
  readonly chat: string;
  readonly embedding: string;
  readonly reranking: string | undefined;
  /** Generations that run now. */
  readonly running: () => number;
  /** Whether its model does as it is told: then what it says is looked at too. */
  readonly obedient: boolean;
}

export interface StandardScenario {
  readonly name: string;
  readonly run: (host: StandardHost) => Promise<void>;
}

const sixtyWords = Array.from({ length: 60 }, (_, at) => `word${at} `).join('');

/** Calls the tool that is offered, meets the schema that is asked for, and otherwise says sixty words; when told so, slowly. */
function obey({ kind, request }: ScriptedCall): ScriptedReply {
  if (kind === 'infill') {
    if (request.prefix.includes('lines, slowly'))
      return Array.from({ length: 400 }, (_, at) => [`line${at}\n`, { wait: 10 }]).flat();
    if (request.prefix.includes('slowly')) return slowly;
    const lines = Array.from({ length: 30 }, (_, at) => `line${at};\n`).join('');
    return [{ progress: { done: 3, total: 7, reused: 3 } }, lines];
  }
  const last = request.messages.at(-1)?.content ?? '';
  if (request.jsonSchema !== undefined) {
    if (last.includes('"weather"')) return '{"name":"weather","arguments":{"city":"Bern"}}';
    return '{"colour":"red","dark":true}';
  }
  if (last === 'slowly') return slowly;
  if (last === 'fail') return ['word0 '.repeat(3), { fail: new NootropicError('MODEL_CRASHED') }];
  if (last === 'think') return [{ reasoning: 'hm hm' }, sixtyWords];
  if ((request.tools ?? []).length > 0) {
    if (last === '21 degrees') return 'It is warm.';
    const call = { name: 'weather', arguments: { city: 'Basel' } };
    return ['I look. ', { call }, { call: { ...call, arguments: { city: 'Bern' } } }];
  }
  return [{ progress: { done: 2, total: 5, reused: 2 } }, sixtyWords];
}

const slowly: ScriptedReply = Array.from({ length: 400 }, (_, at) => [`word${at} `, { wait: 10 }]).flat();

export async function serveStandard(
  gateway: Gateway,
  about: Pick<StandardHost, 'chat' | 'embedding' | 'reranking' | 'obedient'>,
  models: Pick<Assistant['models'], 'pull' | 'unload'>,
): Promise<StandardHost & AsyncDisposable> {
  const token = crypto.randomUUID() + crypto.randomUUID();
  const counting = countRunning(gateway);
  const served = await serve({
    // No route of the assistant is asked for here.
    assistant: {} as Assistant,
    token,
    openPort: 0,
    apis: standardApis({ gateway: counting.gateway, models, version: '0.0.0' }),
  });
  return {
    ...about,
    url: served.url,
    token,
    openUrl: `http://127.0.0.1:${served.openPort}`,
    running: counting.running,
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

/** A registry with one model, which comes in two steps. */
const scriptedModels: Pick<Assistant['models'], 'pull' | 'unload'> = {
  pull: async ({ ref }) => {
    if (ref !== 'ollama:small') throw new NootropicError('MODEL_NOT_FOUND', `${ref} is in no registry.`);
    const sha256 = 'a'.repeat(64);
    async function* steps() {
      yield { type: 'resolved', ref: `${ref}:latest@sha256:${sha256}`, bytes: 10 } as const;
      for (const done of [4, 10]) yield { type: 'progress', done, total: 10 } as const;
      const model = {
        name: 'small',
        ref: 'file:/models/small.gguf',
        path: '/models/small.gguf',
        bytes: 10,
        sha256,
        architecture: 'llama',
        contextLength: 4096,
        role: 'chat',
        importedAt: 0,
      } as const;
      yield { type: 'pulled', model } as const;
    }
    return steps();
  },
  unload: async ({ ref }) => ({ ref, freed: 0 }),
};

/** A host with a model that does as it is told. */
export async function serveScripted(): Promise<StandardHost & AsyncDisposable & { readonly model: Model }> {
  const model = createScriptedModel({ script: obey });
  const gateway = createFakeGateway({
    model,
    models: [
      { name: 'scripted', sha256: 'b'.repeat(64), bytes: 1000, architecture: 'llama' },
      { name: 'embedder', role: 'embedding' },
      { name: 'ranker', role: 'reranking', loaded: false },
    ],
  });
  const about = { chat: 'scripted', embedding: 'embedder', reranking: 'ranker', obedient: true };
  return { ...(await serveStandard(gateway, about, scriptedModels)), model };
}

/** Waits until nothing runs any more; a test that hangs here says that a model was not stopped. */
export async function untilIdle({ running }: StandardHost): Promise<void> {
  while (running() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}
