import type { EmbeddingModelV4, LanguageModelV4, SharedV4ProviderOptions } from '@ai-sdk/provider';
import type { CallOptions, GenerateRequest, ModelAbility } from '@nootropic/contracts';
import type { CloudProvider } from './cloud-models.ts';
import { fields, positive } from './server-profiles.ts';

/** What a provider's package needs to make requests. The key is not among it: the connection adds that. */
export interface CloudClientSettings {
  readonly baseURL: string;
  readonly fetch: typeof globalThis.fetch;
  readonly generateId: () => string;
}

export interface CloudClient {
  language(name: string): LanguageModelV4;
  /** Absent where the provider embeds nothing. */
  readonly embedding?: (name: string) => EmbeddingModelV4;
}

/** One provider on the internet: its address, its habits, and the kept package that knows its protocol. */
export interface CloudProfile {
  readonly title: string;
  readonly baseUrl: string;
  /** The header that the key goes in; unset: as a bearer token. */
  readonly keyHeader?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers of the package that are let through. */
  readonly passHeaders?: readonly string[];
  /** The variable that its own tools read the key from. */
  readonly keyVariable: string;
  readonly can: readonly ModelAbility[];
  /** Which of its models are known to take pictures, by their names, as its own guide says. */
  readonly sees: (name: string) => boolean;
  /** Whether it takes stop texts. Where it does not, the answer is cut here. */
  readonly stops: boolean;
  /** What its description of a model says of the context; `undefined`: nothing. */
  readonly contextLength: (model: Readonly<Record<string, unknown>>) => number | undefined;
  readonly options: (request: GenerateRequest, call: CallOptions) => SharedV4ProviderOptions;
  readonly open: (settings: CloudClientSettings) => Promise<CloudClient>;
}

/** The packages insist on a key and would look for one in the environment. */
const apiKey = 'unused';
const chat: readonly ModelAbility[] = ['generate', 'tools', 'json-schema'];

/** The packages are large: each is read when its provider is first used. */
export const cloudProfiles: Readonly<Record<CloudProvider, CloudProfile>> = {
  openai: {
    title: 'OpenAI',
    baseUrl: 'https://api.openai.com/v1',
    keyVariable: 'OPENAI_API_KEY',
    can: [...chat, 'embed'],
    sees: (name) => /^(?:gpt-(?:4o|4\.1|[5-9])|o[134](?:$|-(?!mini|preview))|o4-mini)/u.test(name),
    stops: false,
    contextLength: () => undefined,
    // Nothing is to be kept there beyond the answer.
    options: () => ({ openai: { store: false } }),
    async open({ baseURL, fetch }) {
      const { createOpenAI } = await import('@ai-sdk/openai');
      const openai = createOpenAI({ baseURL, fetch, apiKey });
      return { language: (name) => openai.responses(name), embedding: (name) => openai.embeddingModel(name) };
    },
  },
  anthropic: {
    title: 'Anthropic',
    baseUrl: 'https://api.anthropic.com/v1',
    keyHeader: 'x-api-key',
    headers: { 'anthropic-version': '2023-06-01' },
    passHeaders: ['anthropic-beta'],
    keyVariable: 'ANTHROPIC_API_KEY',
    can: chat,
    sees: (name) => /^claude-(?!2|instant)/u.test(name),
    stops: true,
    contextLength: (model) => positive(model['max_input_tokens']),
    // A conversation that goes on reads its beginning again at a tenth of the price.
    options: (_, call): SharedV4ProviderOptions =>
      call.session === undefined ? {} : { anthropic: { cacheControl: { type: 'ephemeral' } } },
    async open({ baseURL, fetch, generateId }) {
      const { createAnthropic } = await import('@ai-sdk/anthropic');
      const anthropic = createAnthropic({ baseURL, fetch, apiKey, generateId });
      return { language: (name) => anthropic.languageModel(name) };
    },
  },
  google: {
    title: 'Google',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    keyHeader: 'x-goog-api-key',
    keyVariable: 'GEMINI_API_KEY',
    can: [...chat, 'embed'],
    sees: (name) => /^gemini-(?!embedding)/u.test(name),
    stops: true,
    contextLength: (model) => positive(model['inputTokenLimit']),
    options: () => ({}),
    async open({ baseURL, fetch, generateId }) {
      const { createGoogle } = await import('@ai-sdk/google');
      const google = createGoogle({ baseURL, fetch, apiKey, generateId });
      return { language: (name) => google.languageModel(name), embedding: (name) => google.embeddingModel(name) };
    },
  },
  xai: {
    title: 'xAI',
    baseUrl: 'https://api.x.ai/v1',
    keyVariable: 'XAI_API_KEY',
    can: chat,
    sees: (name) => /^grok-(?:[4-9]|2-vision)/u.test(name),
    stops: false,
    contextLength: (model) => positive(model['context_length']),
    options: ({ minP }) => ({ xai: { store: false, ...(minP !== undefined && { minP }) } }),
    async open({ baseURL, fetch }) {
      const { createXai } = await import('@ai-sdk/xai');
      const xai = createXai({ baseURL, fetch, apiKey });
      return { language: (name) => xai.responses(name) };
    },
  },
};

/** All that a model of a provider can do, in any role. */
export function abilitiesOf({ can, sees }: CloudProfile, name: string): readonly ModelAbility[] {
  return sees(name) ? [...can, 'see'] : can;
}

/** Where a provider describes a model, below its address. */
export function describePath(name: string): string {
  return `/models/${name.split('/').map(encodeURIComponent).join('/')}`;
}

/** Whether the description is that of a model: an address that answers with anything else is no provider's. */
export function isDescription(answer: unknown): boolean {
  const model = fields(answer);
  return typeof model['id'] === 'string' || typeof model['name'] === 'string';
}
