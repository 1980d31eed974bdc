import { openaiRoutes } from '@nootropic/contracts';
import { answerChat, type OpenaiParts } from './openai-chat.ts';
import { answerCompletion } from './openai-completions.ts';
import { openaiError, openaiErrorEvent } from './openai-errors.ts';
import { answerEmbedding, listModels, showModel } from './openai-models.ts';
import { createResponseStore } from './openai-response-store.ts';
import { answerResponse } from './openai-responses.ts';
import type { WireApi } from './wire-handler.ts';

/** The OpenAI API over the gateway: chat completions, completions, embeddings, models, responses. */
export function createOpenaiApi(parts: OpenaiParts): WireApi {
  const store = createResponseStore();
  return {
    family: 'openai',
    routes: openaiRoutes,
    handlers: {
      'openai.chatCompletions': (call) => answerChat(parts, call),
      'openai.completions': (call) => answerCompletion(parts, call),
      'openai.embeddings': (call) => answerEmbedding(parts, call),
      'openai.models': () => listModels(parts),
      'openai.model': (call) => showModel(parts, call),
      'openai.responses': (call) => answerResponse({ ...parts, store }, call),
      'openai.response': async ({ caller, params }) => ({
        kind: 'json',
        body: store.get(caller.client, params['id'] ?? '').response,
      }),
      'openai.deleteResponse': async ({ caller, params }) => {
        const id = params['id'] ?? '';
        store.remove(caller.client, id);
        return { kind: 'json', body: { id, object: 'response', deleted: true } };
      },
      'openai.responseItems': async ({ caller, params }) => {
        const { items } = store.get(caller.client, params['id'] ?? '');
        return {
          kind: 'json',
          body: {
            object: 'list',
            data: items,
            first_id: items.at(0)?.id ?? null,
            last_id: items.at(-1)?.id ?? null,
            has_more: false,
          },
        };
      },
    },
    error: openaiError,
    errorEvent: openaiErrorEvent,
  };
}
