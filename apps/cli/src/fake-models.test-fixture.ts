import {
  NootropicError,
  type Assistant,
  type MemoryPlan,
  type ModelsStatus,
  type PlannedModel,
  type ProviderKey,
  type Recommendation,
  type StoredModel,
  type UsageRow,
} from '@nootropic/contracts';

export const storedModel: StoredModel = {
  name: 'tiny',
  ref: 'file:/m/tiny.gguf',
  path: '/m/tiny.gguf',
  bytes: 1234,
  sha256: 'ab',
  architecture: 'llama',
  contextLength: 512,
  role: 'chat',
  importedAt: 0,
};

export const measuredProfile = {
  measuredAt: 0,
  machine: '2 cores',
  threads: 2,
  promptSpeed: 118.4,
  writeSpeed: 9.52,
  memory: 5.1e9,
  loadMs: 1234,
  toolCalls: 0.917,
  edits: { 'search-replace': 0.8, 'whole-file': 1 },
};

export const plannedModel: PlannedModel = {
  role: 'chat',
  ref: 'hf:owner/repo/coder-7b-q4_k_m.gguf@abc',
  name: 'Coder 7B Instruct Q4_K_M',
  fileBytes: 4.7e9,
  contextLength: 8192,
  kvType: 'q8_0',
  gpuLayers: 0,
  layers: 28,
  estimate: { weights: 4.4e9, repack: 0.6e9, kvCache: 0.5e9, compute: 0.3e9, total: 5.8e9, gpu: 0 },
};

export const memoryPlan: MemoryPlan = {
  fits: true,
  models: [plannedModel],
  memory: { total: 16.8e9, available: 11.2e9, usable: 9.8e9, planned: 5.8e9 },
  gaveUp: ['The context is kept as q8_0 instead of f16.'],
};

export const recommendation: Recommendation = {
  plan: {
    ...memoryPlan,
    models: [
      plannedModel,
      { ...plannedModel, role: 'completion', sharedWith: 'chat' },
      { ...plannedModel, role: 'embedding', ref: 'builtin:embedder', name: 'Built-in', contextLength: 0 },
    ],
  },
  picks: [
    {
      role: 'chat',
      listing: {
        ref: 'hf:owner/repo/coder-7b-q4_k_m.gguf',
        name: 'Coder 7B Instruct Q4_K_M',
        source: 'catalogue',
        bytes: 4.7e9,
      },
      installed: false,
      why: 'The largest of its kind that leaves room for a context of 8192 tokens beside the other programs that run here.',
      promptSpeed: 60,
      writeSpeed: 7.25,
    },
    {
      role: 'completion',
      listing: {
        ref: 'hf:owner/repo/coder-7b-q4_k_m.gguf',
        name: 'Coder 7B Instruct Q4_K_M',
        source: 'catalogue',
        bytes: 4.7e9,
      },
      installed: false,
      why: 'One model for both takes less memory than two.',
    },
    {
      role: 'embedding',
      listing: { ref: 'builtin:embedder', name: 'Built-in', source: 'catalogue' },
      installed: true,
      why: 'It costs next to nothing.',
    },
  ],
};

export const modelsStatus: ModelsStatus = {
  models: [
    {
      ref: 'file:/m/tiny.gguf',
      name: 'coder-7b-instruct-q4_k_m',
      role: 'chat',
      state: 'busy',
      contextLength: 8192,
      sequences: 2,
      heldTokens: 1204,
      kvType: 'f16',
      gpuLayers: 0,
      threads: 2,
      planned: 5.8e9,
      measured: 6.1e9,
      promptSpeed: 60,
      writeSpeed: 7.25,
      usedAt: 0,
      uses: 4,
    },
    {
      ref: 'file:/m/embed.gguf',
      name: 'embed',
      role: 'embedding',
      state: 'idle',
      contextLength: 512,
      sequences: 1,
      heldTokens: 0,
      kvType: 'f16',
      gpuLayers: 0,
      threads: 1,
      planned: 140e6,
      usedAt: -200_000,
      uses: 1,
    },
  ],
  memory: { total: 16.8e9, available: 5.2e9, usable: 9.8e9, promised: 5.94e9, pressure: 0.021 },
  cores: { total: 2, free: 0.45 },
  queue: {
    running: 1,
    waiting: [
      { workClass: 'chat', client: 'editor', waitedMs: 420 },
      { workClass: 'embed', client: 'local', waitedMs: 12_000 },
      { workClass: 'embed', client: 'local', waitedMs: 3000 },
    ],
    estimatedWaitMs: 2600,
  },
  states: { files: 12, bytes: 340e6 },
};

export const usageRows: UsageRow[] = [
  {
    model: 'file:/m/tiny.gguf',
    client: 'cli',
    calls: 12,
    tokensRead: 34_567,
    tokensReused: 120_000,
    tokensWritten: 4321,
    cost: 0,
    local: true,
  },
  {
    model: 'anthropic:big',
    client: 'editor',
    calls: 2,
    tokensRead: 9000,
    tokensReused: 0,
    tokensWritten: 800,
    cost: 0.0391,
    local: false,
  },
];

async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

function found(name: string): StoredModel {
  if (!'tiny'.startsWith(name) && name !== storedModel.ref)
    throw new NootropicError('MODEL_NOT_FOUND', `There is no model "${name}".`);
  return storedModel;
}

/** The models of the fake assistant: one is installed, one can be had. */
export function fakeModels(): Assistant['models'] {
  return {
    list: async () => ({
      chat: 'none',
      models: [
        { ref: 'builtin:embedder', name: 'Built-in', can: ['embed'], contextLength: 0, dimensions: 384, local: true },
        { ref: storedModel.ref, name: 'tiny', can: ['generate'], contextLength: 512, dimensions: 0, local: true },
      ],
      stored: [storedModel],
    }),
    show: async ({ name }) => found(name),
    import: async ({ path }) =>
      stream([
        { type: 'progress' as const, done: 1, total: 2 },
        { type: 'imported' as const, model: { ...storedModel, path } },
      ]),
    search: async () => ({
      listings: [
        { ref: 'file:/home/someone/.ollama/blobs/sha256-1', name: 'qwen3:4b', source: 'ollama-files', bytes: 2.6e9 },
        {
          ref: 'hf:someone-with-a-long-name/a-repository-with-a-long-name-GGUF/the-file-of-the-model-q4_k_m.gguf',
          name: 'the-file-of-the-model-q4_k_m.gguf',
          source: 'huggingface',
          role: 'chat' as const,
          bytes: 4.7e9,
          license: 'apache-2.0',
          downloads: 123_456,
        },
      ],
      notices: ['The registry of Ollama cannot be searched.'],
    }),
    recommend: async () => recommendation,
    plan: async () => ({ plan: memoryPlan, download: 4.7e9 }),
    pull: async ({ ref }) =>
      stream([
        { type: 'resolved' as const, ref: `${ref}@abc`, bytes: 1234, license: 'mit' },
        { type: 'progress' as const, done: 617, total: 1234 },
        { type: 'pulled' as const, model: { ...storedModel, source: `${ref}@abc` } },
      ]),
    bench: async ({ name }) => {
      found(name);
      return stream([
        { type: 'progress' as const, task: 'reading', done: 1, total: 4 },
        { type: 'measured' as const, profile: measuredProfile },
      ]);
    },
    load: async ({ ref }) => ({ ...(modelsStatus.models[0] as ModelsStatus['models'][number]), ref }),
    unload: async ({ ref }) => ({ ref: found(ref).ref, freed: 6.1e9 }),
    ps: async () => modelsStatus,
    remove: async ({ name }) => found(name),
    usage: async () => usageRows,
  };
}

/** Keys of two providers, kept while the fake lives. */
export function fakeKeys(): Assistant['keys'] {
  const keys = new Map<string, ProviderKey>([
    ['openai', { provider: 'openai', place: 'none', enabled: false }],
    ['anthropic', { provider: 'anthropic', place: 'environment', enabled: true }],
  ]);
  const put = (provider: string, place: ProviderKey['place']): ProviderKey => {
    const key = { provider, place, enabled: keys.get(provider)?.enabled ?? false };
    keys.set(provider, key);
    return key;
  };
  return {
    list: async () => [...keys.values()],
    set: async ({ provider }) => put(provider, 'file'),
    remove: async ({ provider }) => (provider === 'anthropic' ? put(provider, 'environment') : put(provider, 'none')),
  };
}
