import {
  NootropicError,
  type GgufHeader,
  type ModelDownload,
  type ModelEvent,
  type ModelListing,
  type ModelSource,
} from '@nootropic/contracts';
import { createMemorySessionLog, createRecordingTelemetry } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { subjectsOn, saying, storedModel, type SubjectOptions } from './assistant.fixture.ts';
import { editTasks, toolTasks } from './bench-tasks.ts';

const createSubject = subjectsOn({ sessions: createMemorySessionLog, telemetry: createRecordingTelemetry });

const header = (layers: number): GgufHeader => ({
  architecture: 'llama',
  metadata: {
    'llama.block_count': layers,
    'llama.embedding_length': 2048,
    'llama.attention.head_count': 16,
    'llama.attention.head_count_kv': 4,
    'llama.feed_forward_length': 8192,
    'llama.context_length': 32_768,
  },
  tensorBytes: layers * 60_000_000,
  vocabulary: 32_000,
});

const candidate = (name: string, layers: number, quality = 50) => ({
  quality,
  ref: `hf:owner/${name}:Q4_K_M`,
  name,
  fileBytes: layers * 60_000_000,
  header: header(layers),
  license: 'mit',
});

const download: ModelDownload = {
  ref: 'hf:owner/tiny:Q4_K_M@abc',
  name: 'tiny',
  license: 'mit',
  files: [{ name: 'tiny.gguf', url: 'https://h/tiny.gguf', bytes: 240_000_000, sha256: 'a'.repeat(64) }],
};

const listing: ModelListing = { ref: 'hf:owner/tiny:Q4_K_M', name: 'tiny from afar', source: 'huggingface' };

const source: ModelSource = {
  scheme: 'hf',
  search: async () => [listing],
  resolve: async (ref) => (ref.includes('tiny') ? download : Promise.reject(new NootropicError('MODEL_NOT_FOUND'))),
  header: async () => header(4),
};

const subject = (options: SubjectOptions = {}) =>
  createSubject({
    sources: [source],
    ...options,
    ports: {
      catalogue: async (role) =>
        role === 'chat' ? [candidate('huge', 400, 100), candidate('large', 40, 99), candidate('small', 20, 10)] : [],
      localModel: async (ref) => (ref.startsWith('file:') ? { ...candidate('here', 10), ref } : undefined),
      ...options.ports,
    },
  });

async function read<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of stream) all.push(item);
  return all;
}

describe('models search', () => {
  it('looks in the catalogue, on this machine and in the registries; what does not answer is said', async () => {
    const broken: ModelSource = {
      ...source,
      scheme: 'ollama',
      search: () => Promise.reject(new NootropicError('SOURCE_UNREACHABLE', 'No network.')),
    };
    const local: ModelListing = { ref: 'file:/lm/tiny.gguf', name: 'tiny', source: 'lm-studio' };
    const other: ModelListing = { ref: 'file:/lm/other.gguf', name: 'other', source: 'lm-studio' };
    const { assistant } = subject({ sources: [source, broken], ports: { findLocal: async () => [local, other] } });
    expect(await assistant.models.search({ query: 'tiny' })).toEqual({
      listings: [local, listing],
      notices: ['No network.'],
    });
    const all = await assistant.models.search({});
    expect(all.listings.map(({ name }) => name)).toEqual(['huge', 'large', 'small', 'tiny', 'other']);
    expect(all.notices).toEqual([]);
  });
});

describe('models plan and recommend', () => {
  it('plans what is here without a download, and what is elsewhere with one', async () => {
    const { assistant } = subject({ stored: [storedModel()] });
    expect(await assistant.models.plan({ ref: 'mine' })).toMatchObject({ download: 0, plan: { fits: true } });
    expect(await assistant.models.plan({ ref: 'hf:owner/tiny:Q4_K_M' })).toMatchObject({
      download: 240_000_000,
      plan: { fits: true },
    });
    const small = await assistant.models.plan({ ref: 'small', contextLength: 4096 });
    expect(small).toMatchObject({ download: 1_200_000_000, plan: { models: [{ role: 'chat', contextLength: 4096 }] } });
    const huge = await assistant.models.plan({ ref: 'huge' });
    expect(huge.plan.fits).toBe(false);
    expect(huge.plan.gaveUp).not.toEqual([]);
    expect(await assistant.models.plan({ ref: 'openai:a@https://h/v1' })).toMatchObject({
      download: 0,
      plan: { fits: true, models: [] },
    });
    await expect(assistant.models.plan({ ref: 'nowhere' })).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('recommends the best of the catalogue that fits, and says what is here and how fast it should be', async () => {
    const profile = {
      measuredAt: 0,
      machine: '',
      threads: 1,
      promptSpeed: 100,
      writeSpeed: 10,
      memory: 1,
      loadMs: 1,
      toolCalls: 1,
      edits: {},
    };
    const stored = [storedModel({ source: 'hf:owner/large:Q4_K_M@abc', bytes: 1_200_000_000, profile })];
    const { picks } = await subject({ stored }).assistant.models.recommend();
    expect(picks).toMatchObject([
      { role: 'chat', installed: true, promptSpeed: 50, writeSpeed: 5, listing: { name: 'large', license: 'mit' } },
    ]);
    expect(picks[0]?.why).toContain('of the catalogue');
  });
});

describe('models pull and import', () => {
  it('resolves, reports and takes in', async () => {
    const { assistant } = subject({
      store: {
        async pull(what, options) {
          options?.onProgress?.(1, 2);
          return storedModel({ name: what.name });
        },
      },
    });
    expect(await read(await assistant.models.pull({ ref: 'hf:owner/tiny:Q4_K_M' }))).toMatchObject([
      { type: 'resolved', ref: download.ref, bytes: 240_000_000, license: 'mit' },
      { type: 'progress', done: 1, total: 2 },
      { type: 'pulled', model: { name: 'tiny' } },
    ]);
    await expect(read(await assistant.models.pull({ ref: 'what' }))).rejects.toMatchObject({
      code: 'MODEL_REF_INVALID',
    });
  });

  it('stops when it is returned, though no progress comes', async () => {
    let stopped = false;
    const { assistant } = subject({
      store: {
        import: (_, options) =>
          new Promise((_resolve, reject) => {
            options?.signal?.addEventListener('abort', () => {
              stopped = true;
              reject(new NootropicError('ABORTED'));
            });
          }),
      },
    });
    const stream = await assistant.models.import({ path: '/a.gguf' });
    const waiting = stream.next();
    await stream.return?.();
    expect(stopped).toBe(true);
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('models load, ps, unload and rm', () => {
  it('tells of a model from its load to its end', async () => {
    const { assistant } = subject({ stored: [storedModel()] });
    expect((await assistant.models.ps()).models).toEqual([]);
    const loaded = await assistant.models.load({ ref: 'mine' });
    expect(loaded).toMatchObject({
      ref: 'file:/models/mine.gguf',
      state: 'idle',
      planned: 1000,
      measured: 900,
      uses: 1,
    });
    const status = await assistant.models.ps();
    expect(status).toMatchObject({
      models: [loaded],
      memory: { total: 16e9, available: 8e9, promised: 1000 },
      cores: { total: 4, free: 4 },
      queue: { running: 0, waiting: [] },
    });
    expect(status.memory.usable).toBeLessThan(8e9);
    expect(await assistant.models.unload({ ref: 'mine' })).toEqual({ ref: 'file:/models/mine.gguf', freed: 1000 });
    expect((await assistant.models.ps()).models).toEqual([]);
  });

  it('unloads what it removes', async () => {
    const { assistant, stored, residency } = subject({ stored: [storedModel()] });
    await assistant.models.load({ ref: 'mine' });
    expect(await assistant.models.remove({ name: 'mine' })).toMatchObject({ name: 'mine' });
    expect([stored, residency.view()]).toEqual([[], []]);
  });
});

describe('models bench', () => {
  const bench = async (options: SubjectOptions) => {
    const made = subject({ stored: [storedModel()], ...options });
    const items = await read(await made.assistant.models.bench({ name: 'mine' }));
    return { items, ...made };
  };

  it('gives a model that talks beside the point nothing, and keeps the profile', async () => {
    const { items, stored, usage } = await bench({ play: saying('the', ' model', ' file') });
    const last = items.at(-1);
    expect(last).toMatchObject({
      type: 'measured',
      profile: {
        toolCalls: 0,
        edits: { 'whole-file': 0, 'search-replace': 0, 'unified-diff': 0 },
        memory: 900,
        threads: 2,
      },
    });
    if (last?.type !== 'measured') throw new Error('not measured');
    expect(last.profile.promptSpeed).toBeGreaterThan(0);
    expect(last.profile.writeSpeed).toBeGreaterThan(0);
    expect(last.profile.loadMs).toBeGreaterThan(0);
    expect(stored[0]?.profile).toEqual(last.profile);
    const progress = items.filter((item) => item.type === 'progress');
    expect(progress.every(({ done, total }) => done < total)).toBe(true);
    expect(usage.records.every(({ client }) => client === 'bench')).toBe(true);
  });

  it('gives a model that does all as asked all', async () => {
    const requests: { messages: { content: string }[] }[] = [];
    const { items } = await bench({
      requests,
      async *play(): AsyncGenerator<ModelEvent> {
        const asked = requests.at(-1)?.messages[0]?.content ?? '';
        const task = toolTasks.find(({ ask }) => ask === asked);
        const edit = editTasks.find(({ ask }) => asked.includes(ask));
        if (task) {
          const args = task.tool === 'search' ? { query: 'words' } : task.args;
          yield { type: 'tool-call', call: { id: '1', name: task.tool, arguments: args } };
        } else if (edit && asked.includes('whole new file'))
          yield { type: 'text', text: `\`\`\`\n${edit.after}\`\`\`` };
        else if (edit && asked.includes('SEARCH'))
          yield { type: 'text', text: `<<<<<<< SEARCH\n${edit.before}=======\n${edit.after}>>>>>>> REPLACE` };
        else if (edit) {
          const lines = (text: string, sign: string) =>
            text
              .trimEnd()
              .split('\n')
              .map((line) => sign + line);
          yield {
            type: 'text',
            text: ['```diff', '@@ @@', ...lines(edit.before, '-'), ...lines(edit.after, '+'), '```'].join('\n'),
          };
        }
        yield { type: 'finish', reason: 'stop', tokens: { read: 1, reused: 0, written: 2 } };
      },
    });
    expect(items.at(-1)).toMatchObject({
      profile: { toolCalls: 1, edits: { 'whole-file': 1, 'search-replace': 1, 'unified-diff': 1 } },
    });
  });

  it('says of a model that cannot call tools that it was not tried', async () => {
    const { items } = await bench({ info: { can: ['generate'] } });
    expect(items.at(-1)).toMatchObject({ profile: { toolCalls: null } });
  });

  it('stops when it is returned, and keeps nothing', async () => {
    const { assistant, stored } = subject({ stored: [storedModel()] });
    const stream = await assistant.models.bench({ name: 'mine' });
    await stream.next();
    await stream.return?.();
    expect(stored[0]?.profile).toBeUndefined();
  });

  it('refuses an embedding model', async () => {
    await expect(bench({ stored: [storedModel({ role: 'embedding' })] })).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
    });
  });
});

describe('keys and usage', () => {
  it('says where keys lie, and never what they are', async () => {
    const { assistant } = createSubject({ config: { providers: { enabled: ['openai'] } } });
    expect(await assistant.keys.set({ provider: 'openai', key: 'sk-secret' })).toEqual({
      provider: 'openai',
      place: 'file',
      enabled: true,
    });
    const all = await assistant.keys.list();
    expect(all.map(({ provider, place }) => `${provider} ${place}`)).toEqual([
      'openai file',
      'anthropic none',
      'google none',
      'xai none',
    ]);
    expect(JSON.stringify(all)).not.toContain('sk-secret');
    expect(await assistant.keys.remove({ provider: 'openai' })).toMatchObject({ place: 'none' });
    await expect(assistant.keys.set({ provider: 'acme', key: 'x' })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('sums what was used', async () => {
    const { assistant } = createSubject({ chat: 'file:x' });
    await read(await assistant.send({ workspace: '/w', text: 'x' }));
    expect(await assistant.models.usage({})).toMatchObject([
      { model: 'file:x', client: 'local', calls: 1, tokensRead: 5 },
    ]);
  });
});
