import { answerAgent, taskAgents, type Agent } from '@nootropic/agents';
import {
  configSchema,
  isKnownEvent,
  NootropicError,
  type ConfigInput,
  type ContextBlock,
  type KnownTurnEvent,
  type Knowledge,
  type Model,
  type ModelEvent,
  type ModelInfo,
  type ModelRuntime,
  type ModelSource,
  type ModelStore,
  type ResponseCache,
  type SessionLog,
  type StoredModel,
  type Telemetry,
  type TurnEvent,
  type UsageLog,
  type UsageRecord,
} from '@nootropic/contracts';
import { createAdmission, createMemoryLedger, createResidency, type Residency } from '@nootropic/scheduler';
import { admissionTelemetry } from './admission-telemetry.ts';
import { createAssistant, type AssistantPorts, type CoreAssistant } from './assistant.ts';
import { createGateway } from './gateway-calls.ts';

import { createModels, type Models, type ModelsOptions } from './models.ts';

export const block: ContextBlock = {
  citation: { path: 'src/a.ts', startLine: 1, endLine: 3, symbol: 'alpha' },
  text: 'function alpha() {\n  return beta();\n}',
  score: 1,
  kind: 'function',
  signature: 'function alpha()',
  doc: 'Does alpha.',
  callers: [],
};

export function fakeKnowledge(overrides: Partial<Knowledge> = {}): Knowledge {
  return {
    async *refresh() {
      await Promise.resolve();
      const counts = { done: 1, total: 1, filesEmbedded: 1, filesRemoved: 0, chunksEmbedded: 1 };
      yield { phase: 'done', ...counts, skipped: [], tookMs: 1 };
    },
    gather: async () => ({ blocks: [block], tokens: 12, leftOut: [] }),
    search: async () => [],
    symbol: async () => [],
    graph: async () => ({ symbols: [], nodes: [], truncated: false }),
    map: async () => ({ text: '', tokens: 0, files: [], filesLeftOut: 0 }),
    async read(path, range = { startLine: 1, endLine: 3 }) {
      if (path !== 'src/a.ts') throw new NootropicError('PATH_NOT_FOUND');
      return { text: 'text', startLine: range.startLine, endLine: Math.min(range.endLine, 3), totalLines: 3 };
    },
    list: async () => ['src/'],
    find: async () => ['src/a.ts'],
    pause: async () => {},
    around: async () => ({ definitions: [] }),
    stats: async () => ({ files: 1, chunks: 1, symbols: 1, vectors: 1, bytes: 1, vectorStore: 'exact' }),
    status: async ({ skippedFiles = false } = {}) => ({
      ...{ files: 1, chunks: 1, symbols: 1, vectors: 1, bytes: 1, vectorStore: 'exact' },
      ...{ embedder: 'builtin:test', chunksWithoutVector: 0, watch: 'off', waitsFor: '' },
      skipped: [{ reason: 'binary', count: 1, examples: ['a.png'] }],
      skippedFiles: skippedFiles ? [{ path: 'a.png', reason: 'binary' }] : [],
    }),
    [Symbol.asyncDispose]: async () => {},
    ...overrides,
  };
}

export function storedModel(overrides: Partial<StoredModel> = {}): StoredModel {
  const { name = 'mine' } = overrides;
  return {
    name,
    ref: `file:/models/${name}.gguf`,
    path: `/models/${name}.gguf`,
    bytes: 1_000,
    sha256: `hash-of-${name}`,
    architecture: 'llama',
    contextLength: 4096,
    role: 'chat',
    importedAt: 0,
    ...overrides,
  };
}

export const tokens = { read: 5, reused: 2, written: 3 };

/** What a model does at its call number so-and-so, from 1. */
export type Play = (call: number, signal?: AbortSignal) => AsyncIterable<ModelEvent>;

/** Plays the same pieces, then ends. */
export const saying = (...pieces: string[]): Play =>
  async function* () {
    await Promise.resolve();
    for (const text of pieces) yield { type: 'text', text };
    yield { type: 'finish', reason: 'stop', tokens };
  };

export interface RuntimeOptions {
  readonly scheme?: string;
  readonly play?: Play;
  readonly info?: Partial<ModelInfo>;
  /** What the models were asked and told, in order. */
  readonly requests?: unknown[];
  readonly calls?: unknown[];
  /** Fails a load by throwing. */
  readonly onLoad?: (ref: string) => void;
  readonly offers?: readonly ModelInfo[];
}

export function fakeRuntime(options: RuntimeOptions = {}): ModelRuntime {
  const { scheme = 'file', play = saying('hello'), requests = [], calls = [] } = options;
  const held = new Set<string>();
  let count = 0;
  const unsupported = async () => Promise.reject(new NootropicError('MODEL_UNSUPPORTED'));
  const modelOf = (ref: string): Model => ({
    info: {
      ref,
      name: ref,
      can: ['generate', 'tools'],
      contextLength: 4096,
      dimensions: 2,
      local: scheme === 'file' || scheme === 'builtin',
      ...options.info,
    },
    generate(request, call) {
      requests.push(structuredClone(request));
      calls.push({ client: call?.client, session: call?.session, workClass: call?.workClass });
      return play((count += 1), call?.signal);
    },
    async *infill() {
      await unsupported();
    },
    embed: async (texts) => texts.map((text) => Float32Array.from([1, text.length])),
    rerank: unsupported,
    countTokens: async (what) => Math.ceil((typeof what === 'string' ? what : JSON.stringify(what)).length / 4),
    tokenize: unsupported,
    detokenize: unsupported,
    [Symbol.asyncDispose]: async () => void held.delete(ref),
  });
  return {
    scheme,
    load: async (ref) => {
      options.onLoad?.(ref);
      if (ref.endsWith('missing')) throw new NootropicError('MODEL_NOT_FOUND');
      held.add(ref);
      return modelOf(ref);
    },
    estimate: async () => {
      const total = scheme === 'file' ? 1000 : 0;
      return { weights: total, repack: 0, kvCache: 0, compute: 0, total, gpu: 0 };
    },
    list: async () => [...(options.offers ?? [])],
    health: async () => ({
      state: 'ready',
      crashes: 0,
      detail: '',
      models: [...held].map((ref) => ({
        ref,
        name: ref,
        role: 'chat',
        state: 'idle',
        contextLength: 4096,
        sequences: 1,
        heldTokens: 0,
        kvType: 'f16',
        gpuLayers: 0,
        threads: 2,
        measured: 900,
        usedAt: 0,
        uses: 0,
      })),
    }),
    shrink: async () => 0,
    [Symbol.asyncDispose]: async () => {},
  };
}

export function memoryUsageLog(): UsageLog & { readonly records: UsageRecord[] } {
  const records: UsageRecord[] = [];
  return {
    records,
    add: async (record) => void records.push(record),
    sum: async () =>
      records.map(({ model, client, tokensRead, tokensReused, tokensWritten, cost, local }) => ({
        ...{ model, client, calls: 1, tokensRead, tokensReused, tokensWritten, cost, local },
      })),
    [Symbol.asyncDispose]: async () => {},
  };
}

export function memoryCache(): ResponseCache & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    read: async (key) => kept.get(key),
    write: async (key, value) => void kept.set(key, value),
    clear: async () => kept.clear(),
    [Symbol.asyncDispose]: async () => {},
  };
}

export function memoryStore(models: StoredModel[] = [], overrides: Partial<ModelStore> = {}): ModelStore {
  const show = async (name: string) =>
    models.find((model) => model.name === name) ?? Promise.reject(new NootropicError('MODEL_NOT_FOUND'));
  return {
    list: async () => [...models],
    show,
    import: async () => Promise.reject(new NootropicError('PATH_NOT_FOUND')),
    pull: async () => Promise.reject(new NootropicError('SOURCE_UNREACHABLE')),
    async remove(name) {
      const model = await show(name);
      models.splice(models.indexOf(model), 1);
      return model;
    },
    async saveProfile(name, profile) {
      const model = await show(name);
      const kept = { ...model, profile };
      models.splice(models.indexOf(model), 1, kept);
      return kept;
    },
    ...overrides,
  };
}

export interface SubjectOptions extends RuntimeOptions {
  /** Default: one that answers to `file:`. */
  readonly runtimes?: readonly ModelRuntime[];
  readonly stored?: StoredModel[];
  readonly store?: Partial<ModelStore>;
  readonly sessions?: SessionLog;
  readonly knowledge?: Knowledge;
  readonly config?: ConfigInput;
  readonly chat?: string;
  readonly agent?: () => Agent;
  /** Who does tasks. */
  readonly code?: () => Agent;
  readonly models?: Partial<ModelsOptions>;
  readonly sources?: readonly ModelSource[];
  readonly ports?: Partial<AssistantPorts>;
}

export interface Subject<Recorder extends Telemetry> {
  readonly assistant: CoreAssistant;
  readonly sessions: SessionLog;
  readonly telemetry: Recorder;
  readonly usage: ReturnType<typeof memoryUsageLog>;
  readonly cache: ReturnType<typeof memoryCache>;
  readonly stored: StoredModel[];
  readonly models: Models;
  readonly residency: Residency<Model>;
  readonly keys: Map<string, string>;
  /** Moves the clock on. */
  later(milliseconds: number): void;
}

const gigabyte = 1e9;

/** The real assistant on fakes of its ports, two of which every test brings along. */
export function subjectsOn<Recorder extends Telemetry>(made: {
  readonly sessions: () => SessionLog;
  readonly telemetry: () => Recorder;
}): (options?: SubjectOptions) => Subject<Recorder> {
  return (options = {}) =>
    createSubject(options, { sessions: options.sessions ?? made.sessions(), telemetry: made.telemetry() });
}

function createSubject<Recorder extends Telemetry>(
  options: SubjectOptions,
  { sessions, telemetry }: { readonly sessions: SessionLog; readonly telemetry: Recorder },
): Subject<Recorder> {
  const usage = memoryUsageLog();
  const cache = memoryCache();
  const stored = options.stored ?? [storedModel({ role: 'completion' })];
  const store = memoryStore(stored, options.store);
  const runtimes = options.runtimes ?? [fakeRuntime(options)];
  const config = configSchema.parse({
    ...options.config,
    models: { ...options.config?.models, ...(options.chat !== undefined && { chat: options.chat }) },
  });
  const reading = { memoryTotal: 16 * gigabyte, memoryAvailable: 8 * gigabyte, cores: 4, coresFree: 4 };
  const machine = { read: async () => ({ ...reading, power: 'mains' as const, devices: [] }) };
  let time = 0;
  let id = 0;
  const now = () => (time += 1);
  const clock = { now };
  const ledger = createMemoryLedger({ machine });
  const residency = createResidency<Model>({ clock, ledger });
  const admission = createAdmission({ clock, ...admissionTelemetry(telemetry) });
  const shared = {
    ...{ runtimes, store, admission, residency, ledger, machine, telemetry, usage, now, cache },
    localModel: async () => undefined,
  };
  const models = createModels({
    ...shared,
    config: config.models,
    ways: async () => ['models import PATH'],
    projectRules: async () => ({ neverRemote: false }),
    version: '1',
    ...options.models,
  });
  const keys = new Map<string, string>();
  const gateway = createGateway({
    models,
    store: shared.store,
    runtimes: shared.runtimes,
    residency,
    config: config.models,
  });
  const ports: AssistantPorts = {
    ...shared,
    sessions,
    models,
    config,
    agents: {
      get answer() {
        return options.agent?.() ?? answerAgent;
      },
      get code() {
        return options.code?.() ?? { ...answerAgent, name: 'code' };
      },
      personas: taskAgents,
    },
    sources: options.sources ?? [],
    catalogue: async () => [],
    findLocal: async () => [],
    states: async () => ({ files: 0, bytes: 0 }),
    limits: {},
    secrets: {
      read: async (name) => keys.get(name),
      place: async (name) => (keys.has(name) ? 'file' : 'none'),
      write: async (name, value) => (keys.set(name, value), 'file'),
      remove: async (name) => void keys.delete(name),
    },
    knowledge: async () => options.knowledge ?? fakeKnowledge(),
    contexts: {
      ...{ put: noContext, merge: noContext, search: async () => [], remove: noContext, list: async () => [] },
      async *read() {
        await noContext();
      },
      [Symbol.asyncDispose]: async () => {},
    },
    workspaceSources: noContext,
    openText: noContext,
    workplace: noContext,
    trust: noTrust,
    shell: { commands: async () => ({ complete: false, commands: [], unclear: ['nothing is parsed here'] }) },
    isSecretPath: () => false,
    newId: () => `id-${(id += 1)}`,
    doctor: async () => [],
    execute: { runner: noContext, workspaceRunner: noContext, scratchFolder: noContext, node: { program: 'node' } },
    gateway,
    jobs: { add: noContext, list: async () => [], show: noContext, watch: noContext, change: noContext },
    ...options.ports,
  };
  return {
    ...{ sessions, telemetry, usage, cache, stored, models, residency, keys },
    assistant: createAssistant(ports),
    later: (milliseconds: number) => void (time += milliseconds),
  };
}

const nobody = { trusted: false, unattended: false };
const noTrust = { state: async () => nobody, set: async () => nobody, list: async () => [] };

const noContext = async (): Promise<never> =>
  Promise.reject(new NootropicError('NOT_FOUND', 'This test keeps no texts.'));

export async function collect(events: AsyncIterable<TurnEvent>): Promise<KnownTurnEvent[]> {
  const all: KnownTurnEvent[] = [];
  for await (const event of events) if (isKnownEvent(event)) all.push(event);
  return all;
}

export const find = <T extends KnownTurnEvent['type']>(events: readonly KnownTurnEvent[], type: T) =>
  events.find((event): event is Extract<KnownTurnEvent, { type: T }> => event.type === type);
