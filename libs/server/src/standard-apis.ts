import type { Assistant } from '@nootropic/contracts';
import type { Gateway } from '@nootropic/core';
import { createAnthropicApi } from './anthropic-api.ts';
import { createLlamacppApi } from './llamacpp-api.ts';
import { createOllamaApi } from './ollama-api.ts';
import { createOpenaiApi } from './openai-api.ts';
import type { WireApi } from './wire-handler.ts';

export interface StandardApisOptions {
  readonly gateway: Gateway;
  /** Downloads and unloads. */
  readonly models: Pick<Assistant['models'], 'pull' | 'unload'>;
  /** Of the program. */
  readonly version: string;
}

/** The APIs that other programs know, over one gateway. */
export function standardApis({ gateway, models, version }: StandardApisOptions): WireApi[] {
  return [
    createOpenaiApi({ gateway, now: Date.now, newId: () => crypto.randomUUID() }),
    createAnthropicApi({ gateway }),
    createOllamaApi({ gateway, models }),
    createLlamacppApi({ gateway, version }),
  ];
}
