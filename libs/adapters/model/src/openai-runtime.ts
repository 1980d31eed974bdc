import {
  NootropicError,
  type LoadOptions,
  type Model,
  type ModelAbility,
  type ModelInfo,
  type ModelRuntime,
} from '@nootropic/contracts';
import { formatModelRef, isLoopback, parseModelRef } from './model-ref.ts';
import {
  createOpenaiModel,
  readEmbeddings,
  requestEmbeddings,
  type OpenaiModelOptions,
  type OpenaiServerKind,
} from './openai-model.ts';
import { createServerConnection, type Fetch, type ServerConnection } from './server-connection.ts';
import { serverFailure } from './server-errors.ts';
import { watchCall, type ServerTimeouts } from './server-watch.ts';
import { shareLoad } from './share-load.ts';

export interface OpenaiRuntimeOptions {
  /** Default: the global one. */
  readonly fetch?: Fetch;
  /** The key for a server, by its address as in the reference. It is sent to that address's origin only, and never logged. Default: none. */
  readonly apiKey?: (url: string) => string | undefined;
  readonly timeouts?: ServerTimeouts;
  /** Addresses whose models `list` gives. Default: none. */
  readonly servers?: readonly string[];
  /** Ids for tool calls of servers that give none. Default: random. */
  readonly newId?: () => string;
}

interface LooseModel {
  readonly id?: unknown;
  readonly owned_by?: unknown;
  readonly max_model_len?: unknown;
  readonly context_length?: unknown;
  readonly meta?: { readonly n_ctx?: unknown; readonly n_ctx_train?: unknown; readonly n_embd?: unknown } | null;
}

const advice =
  'Start the model server, or correct its address: many end in /v1. `nootropic doctor` shows the servers it finds on this machine.';

/**
 * Models of any server that speaks the OpenAI protocol: llama-server, vLLM, LocalAI, LM Studio, or a hosted one.
 * References are `openai:NAME@URL`, the URL as the server's manual gives it for clients (usually ending in `/v1`).
 *
 * What a model can do follows from the role it is loaded for, since the protocol does not tell: a chat model generates with tools and
 * JSON Schema, a completion model also fills gaps, an embedding model embeds, a reranking model ranks.
 */
export function createOpenaiRuntime(options: OpenaiRuntimeOptions = {}): ModelRuntime {
  const {
    fetch = globalThis.fetch,
    timeouts = {},
    servers = [],
    newId = () => `call_${crypto.randomUUID()}`,
  } = options;
  const loading = new Map<string, Promise<Model>>();
  const disposal = new AbortController();
  let connected: string | undefined;

  const connect = (url: string): ServerConnection =>
    createServerConnection({ url, fetch, apiKey: options.apiKey?.(url), advice });

  async function load(refText: string, given: LoadOptions = {}): Promise<Model> {
    const ref = parseModelRef(refText);
    if (ref.scheme !== 'openai')
      throw new NootropicError('MODEL_REF_INVALID', `${refText} is not a model of an OpenAI-compatible server.`);
    const key = `${given.role ?? 'chat'} ${given.contextLength ?? ''} ${formatModelRef(ref)}`;
    return shareLoad(loading, { key, signal: given.signal, disposed: disposal.signal }, async () => {
      const connection = connect(ref.url);
      const entries = await listEntries(connection, watchOf(connection));
      const { name, entry } = chooseEntry(ref.name, entries, ref.url);
      const kind = kindOf(ref.url, entry);
      const openClient = clientOpener(ref.url);
      const ability = abilitiesOf(given.role ?? 'chat');
      const model: OpenaiModelOptions = {
        info: {
          ref: formatModelRef(ref),
          name: ref.name,
          can: ability,
          contextLength: Math.min(contextOf(entry), given.contextLength ?? Infinity),
          dimensions: ability.includes('embed')
            ? await dimensionsOf({ name, openClient, connection }, watchOf(connection))
            : 0,
          local: isLoopback(ref.url),
        },
        name,
        kind,
        connection,
        openClient,
        timeouts,
        newId,
        runtimeDisposed: disposal.signal,
      };
      connected = ref.url;
      return createOpenaiModel(model);
    });
  }

  const watchOf = (connection: ServerConnection) => ({
    probe: (signal: AbortSignal) => connection.json(`${connection.url}/models`, { signal }),
    signals: [disposal.signal],
    timeouts: { silenceMs: 15_000, maxSilenceMs: 60_000, ...timeouts },
    url: connection.url,
  });

  return {
    scheme: 'openai',
    load,
    async estimate(ref) {
      if (parseModelRef(ref).scheme !== 'openai')
        throw new NootropicError('MODEL_REF_INVALID', `${ref} is not a model of an OpenAI-compatible server.`);
      return { weights: 0, kvCache: 0, compute: 0, total: 0 };
    },
    async list() {
      const found = await Promise.all(
        servers.map(async (address): Promise<ModelInfo[]> => {
          const url = address.replace(/\/+$/, '');
          const connection = connect(url);
          try {
            const entries = await watchCall({
              ...watchOf(connection),
              open: (signal) => readEntries(connection, AbortSignal.any([signal, AbortSignal.timeout(2_000)])),
            });
            return entries.map((entry) => ({
              ref: `openai:${String(entry.id)}@${url}`,
              name: String(entry.id),
              can: abilitiesOf('chat'),
              contextLength: contextOf(entry),
              dimensions: 0,
              local: isLoopback(url),
            }));
          } catch {
            return [];
          }
        }),
      );
      return found.flat();
    },
    health: () => ({
      state: connected === undefined ? 'idle' : 'ready',
      crashes: 0,
      detail: connected === undefined ? 'no model loaded' : `connected to ${connected}`,
    }),
    async [Symbol.asyncDispose]() {
      disposal.abort();
    },
  };
}

/** The package is large: it is read only when a server is really used. Its own readings of the environment are switched off. */
function clientOpener(url: string): OpenaiModelOptions['openClient'] {
  return async (fetch) => {
    const { OpenAI } = await import('openai');
    return new OpenAI({
      baseURL: url,
      // The connection sends the key; the package only insists that there is one.
      apiKey: 'unused',
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      maxRetries: 0,
      // Our own watch decides: it tells slow from silent.
      timeout: 2_147_483_647,
      logLevel: 'off',
      fetch,
    });
  };
}

async function readEntries(
  connection: ServerConnection,
  signal: AbortSignal,
  onBytes?: () => void,
): Promise<LooseModel[]> {
  const answer = await connection.json(`${connection.url}/models`, {
    signal,
    ...(onBytes === undefined ? {} : { onBytes }),
  });
  const data = (answer as { data?: unknown } | null)?.data;
  return Array.isArray(data)
    ? (data as LooseModel[]).filter((one) => typeof one === 'object' && one !== null && typeof one.id === 'string')
    : [];
}

async function listEntries(
  connection: ServerConnection,
  watch: Omit<Parameters<typeof watchCall>[0], 'open'>,
): Promise<LooseModel[]> {
  try {
    return await watchCall<LooseModel[]>({
      ...watch,
      open: (signal, onBytes) => readEntries(connection, signal, onBytes),
    });
  } catch (error) {
    const failure = serverFailure(error, connection.url);
    // A server may have no list of models and still serve them.
    if (failure.code === 'MODEL_NOT_FOUND' || failure.code === 'MODEL_UNSUPPORTED') return [];
    throw failure;
  }
}

function chooseEntry(
  name: string,
  entries: readonly LooseModel[],
  url: string,
): { name: string; entry: LooseModel | undefined } {
  const exact = entries.find((entry) => entry.id === name);
  if (exact !== undefined || entries.length === 0) return { name, entry: exact };
  const only = entries[0];
  // llama-server holds one model and names it by its path: any name means that one.
  if (entries.length === 1 && only?.owned_by === 'llamacpp') return { name: String(only.id), entry: only };
  const known = entries
    .slice(0, 8)
    .map((entry) => String(entry.id))
    .join(', ');
  throw new NootropicError(
    'MODEL_NOT_FOUND',
    `${url} has no model ${name}. It has: ${known}${entries.length > 8 ? ', …' : ''}.`,
  );
}

function kindOf(url: string, entry: LooseModel | undefined): OpenaiServerKind {
  if (entry?.owned_by === 'llamacpp') return 'llama-server';
  if (entry?.owned_by === 'vllm') return 'vllm';
  return new URL(url).hostname === 'api.openai.com' ? 'openai' : 'other';
}

function contextOf(entry: LooseModel | undefined): number {
  for (const value of [entry?.meta?.n_ctx, entry?.max_model_len, entry?.context_length, entry?.meta?.n_ctx_train]) {
    if (typeof value === 'number' && value > 0) return value;
  }
  return 0;
}

function abilitiesOf(role: NonNullable<LoadOptions['role']>): ModelAbility[] {
  switch (role) {
    case 'embedding':
      return ['embed'];
    case 'reranking':
      return ['rerank'];
    case 'completion':
      return ['generate', 'infill'];
    case 'chat':
      return ['generate', 'tools', 'json-schema'];
  }
}

async function dimensionsOf(
  model: Pick<OpenaiModelOptions, 'name' | 'openClient' | 'connection'>,
  watch: Omit<Parameters<typeof watchCall>[0], 'open'>,
): Promise<number> {
  const [vector] = readEmbeddings(await requestEmbeddings(model, ['length'], watch), 1, model.connection.url);
  return vector?.length ?? 0;
}
