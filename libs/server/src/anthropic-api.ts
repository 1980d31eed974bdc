import { anthropicRoutes } from '@nootropic/contracts';
import type { Gateway } from '@nootropic/core';
import { anthropicError, anthropicErrorEvent } from './anthropic-errors.ts';
import { answerCount, answerMessages } from './anthropic-messages.ts';
import type { WireApi } from './wire-handler.ts';

export interface AnthropicApiOptions {
  readonly gateway: Gateway;
  /** Default: random, 24 characters. */
  readonly newId?: () => string;
}

/** The Anthropic API over the gateway: messages, streaming and not, and their count. */
export function createAnthropicApi(options: AnthropicApiOptions): WireApi {
  const { gateway, newId = () => crypto.randomUUID().replaceAll('-', '').slice(0, 24) } = options;
  const parts = { gateway, newId };
  return {
    family: 'anthropic',
    routes: anthropicRoutes,
    handlers: {
      'anthropic.messages': (call) => answerMessages(parts, call),
      'anthropic.countTokens': (call) => answerCount(parts, call),
    },
    error: anthropicError,
    errorEvent: anthropicErrorEvent,
  };
}
