import type { ModelAbility, ModelRole } from '@nootropic/contracts';

/** One model of `GET /models`, as loosely as servers send it. */
export interface ServerModelEntry {
  readonly id: string;
  readonly owned_by?: unknown;
  readonly max_model_len?: unknown;
  readonly context_length?: unknown;
  readonly meta?: { readonly n_ctx?: unknown; readonly n_ctx_train?: unknown } | null;
  readonly parameters?: { readonly max_seq_len?: unknown } | null;
}

/** Asks a server for a path below its root (`/props`); `undefined` where it has none or answers with an error. */
export type AskServer = (path: string) => Promise<unknown>;

/** What a server says of a model beyond its entry in the list. What it does not say stays away. */
export interface ServerModelDetails {
  readonly contextLength?: number | undefined;
  /** All that it can do in any role. */
  readonly can?: readonly ModelAbility[] | undefined;
}

export type ServerKind =
  'llama-server' | 'vllm' | 'sglang' | 'localai' | 'lm-studio' | 'gpt4all' | 'tabbyapi' | 'openai' | 'other';

export interface ServerSign {
  /** Below the root. */
  readonly path: string;
  readonly shows: (answer: Readonly<Record<string, unknown>>) => boolean;
}

export interface TokenizerRoute<Given> {
  /** Below the root, beside the address. */
  readonly path: string;
  readonly body: (model: string, given: Given) => Readonly<Record<string, unknown>>;
}

/** The habits of one kind of server that speaks the OpenAI protocol. */
export interface ServerProfile {
  readonly kind: ServerKind;
  /** `owned_by` of its models. */
  readonly owners: readonly string[];
  /** How its `server` header begins. */
  readonly server?: string;
  /** Routes that only this server has, asked in order where neither owner nor header tells. */
  readonly signs?: readonly ServerSign[];
  readonly can: readonly ModelAbility[];
  /** Where a JSON Schema goes. */
  readonly schema: 'response_format' | 'json_schema';
  /** How gaps are filled: llama.cpp's own route, or `suffix` of `/completions`. */
  readonly infill: 'route' | 'suffix';
  /** Below the address. */
  readonly rerankPath: string;
  readonly tokenize?: TokenizerRoute<string>;
  readonly detokenize?: TokenizerRoute<readonly number[]>;
  /** Fields beyond the protocol that it understands; others would be refused by strict servers. */
  readonly knows: readonly ('top_k' | 'min_p' | 'seed' | 'stream' | 'usage')[];
  readonly limitName: 'max_tokens' | 'max_completion_tokens';
  /** How log-probabilities are asked for: as OpenAI does, or as a number. `none`: it gives none. */
  readonly logprobs: 'openai' | 'count' | 'none';
  /** The fields that limit thinking; `{}` where nothing is known to. */
  readonly thinking: (tokens: number) => Readonly<Record<string, unknown>>;
  /** Sent with each chat request. */
  readonly always: Readonly<Record<string, unknown>>;
  readonly details?: (ask: AskServer, entry: ServerModelEntry) => Promise<ServerModelDetails>;
}

const everything: readonly ModelAbility[] = ['generate', 'tools', 'json-schema', 'infill', 'embed', 'rerank'];

/** Qwen's, GLM's and others' templates read this switch; servers pass it on to the template. */
const templateSwitch = (tokens: number): Readonly<Record<string, unknown>> =>
  tokens === 0 ? { chat_template_kwargs: { enable_thinking: false } } : {};

const other: ServerProfile = {
  kind: 'other',
  owners: [],
  can: everything,
  schema: 'response_format',
  infill: 'suffix',
  rerankPath: '/rerank',
  knows: ['seed', 'stream', 'usage'],
  limitName: 'max_tokens',
  logprobs: 'openai',
  thinking: () => ({}),
  always: {},
};

/**
 * The servers whose habits are known, from their own sources and manuals: llama.cpp `tools/server`, vLLM and SGLang `entrypoints/openai`,
 * LocalAI `core/http`, LM Studio's REST manual, GPT4All `server.cpp`, TabbyAPI `endpoints`. What is not known to hold is not claimed.
 */
export const serverProfiles: readonly ServerProfile[] = [
  {
    ...other,
    kind: 'llama-server',
    owners: ['llamacpp'],
    server: 'llama.cpp',
    infill: 'route',
    tokenize: { path: '/tokenize', body: (_, content) => ({ content }) },
    detokenize: { path: '/detokenize', body: (_, tokens) => ({ tokens }) },
    knows: ['top_k', 'min_p', 'seed', 'stream', 'usage'],
    thinking: (tokens) => ({ ...templateSwitch(tokens), thinking_budget_tokens: tokens }),
    // It chooses by itself the slot that holds most of the prompt; a fixed slot would throw away what another one holds.
    always: { return_progress: true, cache_prompt: true },
    async details(ask) {
      const props = fields(await ask('/props'));
      const template = fields(props['chat_template_caps']);
      const can = template['supports_tools'] === false ? without(everything, 'tools') : everything;
      return {
        contextLength: positive(fields(props['default_generation_settings'])['n_ctx']),
        // True where it was started with a projector (`--mmproj`).
        can: fields(props['modalities'])['vision'] === true ? [...can, 'see'] : can,
      };
    },
  },
  {
    ...other,
    kind: 'vllm',
    owners: ['vllm'],
    // Refuses `suffix`.
    can: without(everything, 'infill'),
    tokenize: { path: '/tokenize', body: (model, prompt) => ({ model, prompt }) },
    detokenize: { path: '/detokenize', body: (model, tokens) => ({ model, tokens }) },
    knows: ['top_k', 'min_p', 'seed', 'stream', 'usage'],
    thinking: templateSwitch,
  },
  {
    ...other,
    kind: 'sglang',
    owners: ['sglang'],
    can: without(everything, 'infill'),
    tokenize: { path: '/tokenize', body: (model, prompt) => ({ model, prompt }) },
    detokenize: { path: '/detokenize', body: (model, tokens) => ({ model, tokens }) },
    knows: ['top_k', 'min_p', 'seed', 'stream', 'usage'],
    thinking: templateSwitch,
  },
  {
    ...other,
    kind: 'tabbyapi',
    owners: ['tabbyAPI'],
    // Takes `suffix` and does not read it.
    can: ['generate', 'tools', 'json-schema', 'embed'],
    schema: 'json_schema',
    tokenize: { path: '/v1/token/encode', body: (_, text) => ({ text }) },
    detokenize: { path: '/v1/token/decode', body: (_, tokens) => ({ tokens }) },
    knows: ['top_k', 'min_p', 'stream', 'usage'],
    logprobs: 'count',
    async details(ask, entry) {
      const loaded = fields(await ask('/v1/model'));
      // The list has every model of the folder; only the one that is loaded has a length.
      return {
        contextLength: loaded['id'] === entry.id ? positive(fields(loaded['parameters'])['max_seq_len']) : undefined,
      };
    },
  },
  {
    ...other,
    kind: 'lm-studio',
    owners: ['organization_owner'],
    signs: [
      {
        path: '/api/v0/models',
        shows: ({ data }) => Array.isArray(data) && data.some((one) => 'compatibility_type' in fields(one)),
      },
    ],
    can: ['generate', 'tools', 'json-schema', 'embed'],
    knows: ['top_k', 'seed', 'stream', 'usage'],
    logprobs: 'none',
    async details(ask, { id }) {
      const all = fields(await ask('/api/v0/models'))['data'];
      const model = Array.isArray(all) ? fields(all.find((one) => fields(one)['id'] === id)) : {};
      const said = model['capabilities'];
      const sees: readonly ModelAbility[] = model['type'] === 'vlm' ? ['see'] : [];
      const chat: readonly ModelAbility[] = ['generate', 'tools', 'json-schema', ...sees];
      return {
        // A model that is not loaded gets a length of LM Studio's choosing.
        contextLength: positive(model['loaded_context_length']),
        can:
          model['type'] === 'embeddings'
            ? ['embed']
            : model['type'] === undefined
              ? undefined
              : Array.isArray(said) && !said.includes('tool_use')
                ? without(chat, 'tools')
                : chat,
      };
    },
  },
  {
    ...other,
    kind: 'gpt4all',
    owners: ['humanity'],
    can: ['generate'],
    // It sends the whole answer at its end, and some versions refuse a request for a stream.
    knows: ['min_p'],
    logprobs: 'none',
  },
  {
    ...other,
    kind: 'localai',
    owners: ['localai'],
    signs: [
      { path: '/.well-known/localai.json', shows: ({ endpoints }) => 'chat_completions' in fields(endpoints) },
      // Before the discovery document there was this.
      { path: '/system', shows: ({ backends }) => Array.isArray(backends) },
    ],
    can: without(everything, 'infill'),
    tokenize: { path: '/v1/tokenize', body: (model, content) => ({ model, content }) },
    knows: ['top_k', 'seed', 'stream', 'usage'],
    logprobs: 'none',
  },
  {
    ...other,
    kind: 'openai',
    owners: [],
    can: ['generate', 'tools', 'json-schema', 'embed'],
    limitName: 'max_completion_tokens',
  },
  other,
];

/** What a model of such a server can do in a role. */
export function abilitiesIn(role: ModelRole, can: readonly ModelAbility[]): ModelAbility[] {
  const wanted: Readonly<Record<ModelRole, readonly ModelAbility[]>> = {
    chat: ['generate', 'tools', 'json-schema', 'see'],
    completion: ['generate', 'infill'],
    embedding: ['embed'],
    reranking: ['rerank'],
  };
  return wanted[role].filter((ability) => can.includes(ability));
}

function without(all: readonly ModelAbility[], one: ModelAbility): ModelAbility[] {
  return all.filter((ability) => ability !== one);
}

/** The members of a JSON object; none where it is not one. */
export function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

export function positive(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.floor(value) : undefined;
}
