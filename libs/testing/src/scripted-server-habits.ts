/** What sets one kind of server that speaks the OpenAI protocol apart from another, as its clients can see it. */
export interface ServerHabits {
  /** The `owned_by` of its models; unset: the field is left out. */
  readonly owner?: string;
  /** Its `server` header. */
  readonly header?: string;
  /** What else its list says of a model. */
  readonly entry?: (id: string, contextLength: number) => object;
  /** Routes of its own that are read with GET. */
  readonly routes?: (models: readonly string[], contextLength: number) => Readonly<Record<string, unknown>>;
  /** The route that counts tokens, the field of its request with the text, and its answer. */
  readonly tokenize?: { readonly path: string; readonly field: string; readonly answer: (tokens: number[]) => object };
  /** Why it refuses a request with status 400; `undefined`: it takes it. */
  readonly refuses?: (path: string, body: Readonly<Record<string, unknown>>) => string | undefined;
}

const tokenList = (tokens: number[]): object => ({ tokens });

/** The habits of the servers that clients know by name. `llama-server-embedding` was started for embeddings. */
export const scriptedHabits = {
  'llama-server': {
    owner: 'llamacpp',
    header: 'llama.cpp',
    entry: (_, contextLength) => ({ meta: { n_ctx: contextLength, n_ctx_train: contextLength * 4 } }),
    routes: (_, contextLength) => ({
      '/props': {
        default_generation_settings: { n_ctx: contextLength },
        total_slots: 1,
        chat_template_caps: { supports_tools: true },
      },
      '/health': { status: 'ok' },
    }),
    tokenize: { path: '/tokenize', field: 'content', answer: tokenList },
  },
  vllm: {
    owner: 'vllm',
    header: 'uvicorn',
    entry: (id, contextLength) => ({ root: id, max_model_len: contextLength }),
    routes: () => ({ '/version': { version: '0.28.0' } }),
    tokenize: {
      path: '/tokenize',
      field: 'prompt',
      answer: (tokens) => ({ tokens, count: tokens.length, max_model_len: 4096 }),
    },
    refuses: (_, body) => (body['suffix'] === undefined ? undefined : 'suffix is not currently supported'),
  },
  sglang: {
    owner: 'sglang',
    header: 'uvicorn',
    entry: (id, contextLength) => ({ root: id, max_model_len: contextLength }),
    tokenize: { path: '/tokenize', field: 'prompt', answer: (tokens) => ({ tokens, count: tokens.length }) },
  },
  localai: {
    routes: () => ({
      '/.well-known/localai.json': { version: 'v4.9.0', endpoints: { chat_completions: '/v1/chat/completions' } },
    }),
    tokenize: { path: '/v1/tokenize', field: 'content', answer: tokenList },
  },
  'localai-old': {
    routes: () => ({ '/system': { backends: ['llama-cpp'], loaded_models: [] } }),
    tokenize: { path: '/v1/tokenize', field: 'content', answer: tokenList },
  },
  'lm-studio': {
    owner: 'organization_owner',
    header: 'Express',
    routes: (models, contextLength) => ({
      '/api/v0/models': {
        object: 'list',
        data: models.map((id) => ({
          id,
          object: 'model',
          type: id.includes('embed') ? 'embeddings' : 'llm',
          compatibility_type: 'gguf',
          state: id.includes('cold') ? 'not-loaded' : 'loaded',
          max_context_length: contextLength * 4,
          ...(!id.includes('cold') && { loaded_context_length: contextLength }),
          capabilities: id.includes('plain') ? [] : ['tool_use'],
        })),
      },
    }),
  },
  gpt4all: {
    owner: 'humanity',
    entry: (id) => ({ root: id, parent: null, permissions: [{ id: 'placeholder', object: 'model_permission' }] }),
    refuses: (_, body) => (body['stream'] === true ? "'stream' is not supported" : undefined),
  },
  tabbyapi: {
    owner: 'tabbyAPI',
    header: 'uvicorn',
    routes: (models, contextLength) => ({
      '/v1/model': { id: models[0], object: 'model', owned_by: 'tabbyAPI', parameters: { max_seq_len: contextLength } },
      '/health': { status: 'healthy', issues: [] },
    }),
    tokenize: {
      path: '/v1/token/encode',
      field: 'text',
      answer: (tokens) => ({ tokens, length: tokens.length }),
    },
    refuses: (_, body) => (typeof body['logprobs'] === 'boolean' ? 'logprobs: Input should be an integer' : undefined),
  },
  strict: {
    owner: 'somebody',
    entry: (_, contextLength) => ({ context_length: contextLength }),
    refuses: (_, body) => {
      const unknown = ['top_k', 'min_p', 'cache_prompt', 'return_progress', 'chat_template_kwargs'].find(
        (field) => field in body,
      );
      return unknown === undefined ? undefined : `Extra inputs are not permitted: ${unknown}`;
    },
  },
} as const satisfies Readonly<Record<string, ServerHabits>>;

export type ScriptedServerKind = keyof typeof scriptedHabits;
