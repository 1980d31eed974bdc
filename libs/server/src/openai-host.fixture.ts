import type { Assistant, ModelEvent } from '@nootropic/contracts';
import type { Gateway, GatewayAnswer } from '@nootropic/core';
import {
  createFakeGateway,
  createScriptedModel,
  type ScriptedCall,
  type ScriptedModel,
  type ScriptedReply,
} from '@nootropic/testing';
import { createOpenaiApi } from './openai-api.ts';
import type { ScenarioHost } from './openai-scenario.fixture.ts';
import { serve } from './serve.ts';

export type OpenHost = ScenarioHost & AsyncDisposable;

const sixtyWords = Array.from({ length: 60 }, (_, at) => `word${at} `).join('');

/** Calls the tool that is offered, meets the schema that is asked for, and otherwise says sixty words; when told so, slowly. */
function obey({ kind, request }: ScriptedCall): ScriptedReply {
  if (kind === 'infill') return sixtyWords;
  const last = request.messages.at(-1)?.content ?? '';
  if (request.jsonSchema !== undefined) {
    if (last.includes('"weather"')) return '{"name":"weather","arguments":{"city":"Bern","days":null}}';
    return '{"colour":"red","dark":true}';
  }
  if ((request.tools ?? []).length > 0) return [{ call: { name: 'weather', arguments: { city: 'Basel' } } }];
  if (last === 'slowly') return Array.from({ length: 400 }, (_, at) => [`word${at} `, { wait: 10 }]).flat();
  if (last === 'think') return [{ reasoning: 'hm hm' }, sixtyWords];
  return [{ progress: { done: 5, total: 5, reused: 2 } }, sixtyWords];
}

/** A gateway that counts what runs. */
export function countRunning(gateway: Gateway): { readonly gateway: Gateway; readonly running: () => number } {
  let running = 0;
  async function* counted(events: AsyncIterable<ModelEvent>): AsyncGenerator<ModelEvent> {
    running += 1;
    try {
      yield* events;
    } finally {
      running -= 1;
    }
  }
  const watched = (answer: GatewayAnswer): GatewayAnswer => ({ ...answer, events: counted(answer.events) });
  return {
    running: () => running,
    gateway: {
      ...gateway,
      chat: async (ask, caller) => watched(await gateway.chat(ask, caller)),
      infill: async (ask, caller) => watched(await gateway.infill(ask, caller)),
    },
  };
}

export async function serveOpenai(
  gateway: Gateway,
  about: Pick<ScenarioHost, 'chat' | 'embedding' | 'obedient'>,
): Promise<OpenHost> {
  const token = crypto.randomUUID() + crypto.randomUUID();
  const counting = countRunning(gateway);
  const served = await serve({
    // No route of the assistant is asked for here.
    assistant: {} as Assistant,
    token,
    apis: [createOpenaiApi({ gateway: counting.gateway, now: Date.now, newId: () => crypto.randomUUID() })],
  });
  return {
    ...about,
    url: served.url,
    token,
    running: counting.running,
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

/** A host with a model that does as it is told. */
export async function serveObedient(): Promise<OpenHost & { readonly model: ScriptedModel }> {
  const model = createScriptedModel({ script: obey });
  const gateway = createFakeGateway({ model, models: [{ name: 'scripted' }, { name: 'embedder', role: 'embedding' }] });
  const host = await serveOpenai(gateway, { chat: 'scripted', embedding: 'embedder', obedient: true });
  return { ...host, model };
}
