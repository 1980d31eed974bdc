import { errorTable, ollamaRoutes, type Assistant, type ErrorCode, type NootropicError } from '@nootropic/contracts';
import type { Gateway } from '@nootropic/core';
import { answerOllamaChat, answerOllamaGenerate, type OllamaParts } from './ollama-answers.ts';
import {
  answerOllamaEmbed,
  answerOllamaEmbeddings,
  answerOllamaPull,
  listOllama,
  listRunning,
  showOllama,
} from './ollama-models.ts';
import type { WireApi } from './wire-handler.ts';

export interface OllamaApiOptions {
  readonly gateway: Gateway;
  /** Downloads and unloads. */
  readonly models: Pick<Assistant['models'], 'pull' | 'unload'>;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** Milliseconds that only go forward. Default `performance.now`. */
  readonly clock?: () => number;
}

/** The version of Ollama whose API this is: clients ask for the newest that has what they need. */
const ollamaVersion = '0.14.0';
const alive = 'Ollama is running';

/** The Ollama API over the gateway. */
export function createOllamaApi(options: OllamaApiOptions): WireApi {
  const { gateway, models, now = Date.now, clock = () => performance.now() } = options;
  const parts: OllamaParts = { gateway, now, clock, unload: (ref) => models.unload({ ref }) };
  return {
    family: 'ollama',
    routes: ollamaRoutes,
    handlers: {
      'ollama.chat': (call) => answerOllamaChat(parts, call),
      'ollama.generate': (call) => answerOllamaGenerate(parts, call),
      'ollama.embed': (call) => answerOllamaEmbed(parts, call),
      'ollama.embeddings': (call) => answerOllamaEmbeddings(gateway, call),
      'ollama.tags': () => listOllama(gateway),
      'ollama.show': (call) => showOllama(gateway, call),
      'ollama.ps': () => listRunning(gateway),
      'ollama.pull': (call) => answerOllamaPull(models, call),
      'ollama.version': async () => ({ kind: 'json', body: { version: ollamaVersion } }),
      'ollama.alive': async () => ({ kind: 'text', body: alive }),
      'ollama.aliveHead': async () => ({ kind: 'text', body: '' }),
    },
    error: (error) => ({ status: statusOf(error), body: bodyOf(error) }),
    errorEvent: (error) => ({ data: bodyOf(error) }),
  };
}

/** What is wrong with a request is 400 in this API, whatever it is. */
const statuses: Partial<Record<ErrorCode, number>> = {
  CONTEXT_OVERFLOW: 400,
  MODEL_UNSUPPORTED: 400,
  MODEL_REF_INVALID: 404,
};

function statusOf({ code }: NootropicError): number {
  return statuses[code] ?? errorTable[code].status;
}

/** The hint is part of the message, since clients show nothing else. */
function bodyOf({ message, hint }: NootropicError): { readonly error: string } {
  return { error: hint === '' ? message : `${message} ${hint}` };
}
