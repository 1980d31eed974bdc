import type { z } from 'zod';
import type { ClientRole } from './host.ts';

/** Whose words a route speaks. It decides the shape of its errors. */
export const wireFamilies = ['openai', 'anthropic', 'ollama', 'llamacpp'] as const;
export type WireFamily = (typeof wireFamilies)[number];

/**
 * One route of a standard API. The server parses with these schemas, and the OpenAPI document and the fuzz run are made of them:
 * there is no second copy.
 */
export interface WireRoute {
  readonly family: WireFamily;
  /** Unique, and the `operationId`: `openai.chatCompletions`. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'DELETE' | 'HEAD';
  /** With `{name}` for parameters: `/v1/models/{model}`. A parameter named `{model+}` takes the rest of the path, slashes too. */
  readonly path: string;
  readonly summary: string;
  /** Of the body; unset where it has none. Fields that are not known are ignored, as the APIs it mirrors do. */
  readonly request?: z.ZodType;
  readonly response?: z.ZodType;
  /** Of a streaming answer: what one event's `data`, or one line, holds. */
  readonly stream?: { readonly kind: 'events' | 'lines'; readonly item: z.ZodType };
  /** The least that the client must be. Default `models`. `anyone`: without a key too. */
  readonly role?: ClientRole | 'anyone';
  /** Served also on the port for clients that cannot send a key: generate, embed and list only. Default false. */
  readonly open?: boolean;
}
