import {
  NootropicError,
  type LoadOptions,
  type MemoryEstimate,
  type Model,
  type ModelAbility,
  type ModelInfo,
  type ModelRuntime,
} from '@nootropic/contracts';
import { defaultOllamaUrl, formatModelRef, isLoopback, parseModelRef } from './model-ref.ts';
import { createOllamaModel, type OllamaModelOptions } from './ollama-model.ts';
import { createServerConnection, type Fetch, type ServerConnection } from './server-connection.ts';
import { serverFailure } from './server-errors.ts';
import { createServerGuards, type ServerRetry } from './server-guard.ts';
import { serverHealth } from './server-health.ts';
import { watchCall, type ServerTimeouts } from './server-watch.ts';
import { shareLoad } from './share-load.ts';

export interface OllamaRuntimeOptions {
  /** Default: the global one. */
  readonly fetch?: Fetch;
  readonly timeouts?: ServerTimeouts;
  /** How often a server is asked again, and when it is left alone. */
  readonly retry?: ServerRetry;
  /** The server whose models `list` gives. Default `http://127.0.0.1:11434`. */
  readonly server?: string;
  /** How long Ollama keeps a model in memory after a call: its notation, or seconds. Default `30m`, so that a prompt read once stays read. */
  readonly keepAlive?: string | number;
  /** Ids for tool calls, since Ollama gives none. Default: random. */
  readonly newId?: () => string;
}

interface Shown {
  readonly capabilities: readonly string[];
  readonly info: Readonly<Record<string, unknown>>;
  /** Set when Ollama passes requests on to its own cloud. */
  readonly remote: boolean;
}

const advice = 'Start Ollama (`ollama serve`), or correct the address after the @.';

/**
 * Models of an Ollama server, through its own package. References are `ollama:NAME` or `ollama:NAME@URL`.
 *
 * What a model can do, and its context, is what the server shows of it. A model that Ollama only passes on to its cloud is not local.
 */
export function createOllamaRuntime(options: OllamaRuntimeOptions = {}): ModelRuntime {
  const {
    fetch = globalThis.fetch,
    timeouts = {},
    keepAlive = '30m',
    newId = () => `call_${crypto.randomUUID()}`,
  } = options;
  const server = (options.server ?? defaultOllamaUrl).replace(/\/+$/, '');
  const loading = new Map<string, Promise<Model>>();
  const guards = createServerGuards(options.retry);
  const disposal = new AbortController();
  let connected: string | undefined;

  const connect = (url: string): ServerConnection => createServerConnection({ url, fetch, advice });
  const watchOf = (connection: ServerConnection) => ({
    probe: (signal: AbortSignal) => connection.json(`${connection.url}/api/version`, { signal }),
    signals: [disposal.signal],
    timeouts: { silenceMs: 15_000, maxSilenceMs: 60_000, ...timeouts },
    url: connection.url,
  });

  function parse(text: string): { name: string; url: string; ref: string } {
    const ref = parseModelRef(text);
    if (ref.scheme !== 'ollama')
      throw new NootropicError('MODEL_REF_INVALID', `${text} is not a model of an Ollama server.`);
    return { name: ref.name, url: ref.url, ref: formatModelRef(ref) };
  }

  async function show(connection: ServerConnection, name: string): Promise<Shown> {
    try {
      const answer = await watchCall<unknown>({
        ...watchOf(connection),
        open: async (signal, onBytes) =>
          (await clientOpener(connection.url)(connection.fetchWith({ signal, onBytes }))).show({ model: name }),
      });
      return readShown(answer);
    } catch (error) {
      const failure = serverFailure(error, connection.url);
      if (failure.code !== 'MODEL_NOT_FOUND') throw failure;
      throw new NootropicError('MODEL_NOT_FOUND', failure.message, {
        cause: failure,
        hint: `Run \`ollama pull ${name}\`, or \`ollama list\` to see what is there.`,
      });
    }
  }

  async function load(refText: string, given: LoadOptions = {}): Promise<Model> {
    const { name, url, ref } = parse(refText);
    const key = `${given.role ?? 'chat'} ${given.contextLength ?? ''} ${ref}`;
    return shareLoad(loading, { key, signal: given.signal, disposed: disposal.signal }, async () => {
      const connection = connect(url);
      const guard = guards.for(url);
      const shown = await guard.run(() => show(connection, name), disposal.signal);
      const info = infoOf({ ref, name, url, shown }, given);
      const loaded: OllamaModelOptions = {
        info,
        name,
        connection,
        openClient: clientOpener(url),
        guard,
        timeouts,
        thinks: shown.capabilities.includes('thinking'),
        keepAlive,
        newId,
        runtimeDisposed: disposal.signal,
      };
      connected = url;
      return createOllamaModel(loaded);
    });
  }

  async function estimate(refText: string, given: LoadOptions = {}): Promise<MemoryEstimate> {
    const { name, url, ref } = parse(refText);
    const nothing = { weights: 0, repack: 0, kvCache: 0, compute: 0, total: 0, gpu: 0 };
    if (!isLoopback(url)) return nothing;
    const connection = connect(url);
    const shown = await show(connection, name);
    if (shown.remote) return nothing;
    const tags = await tagsOf(connection, watchOf(connection));
    const weights = tags.find((tag) => tag.name === name || tag.name === `${name}:latest`)?.bytes ?? 0;
    const kvCache = kvBytes(shown, infoOf({ ref, name, url, shown }, given).contextLength);
    return { weights, repack: 0, kvCache, compute: 0, total: weights + kvCache, gpu: 0 };
  }

  return {
    scheme: 'ollama',
    load,
    estimate,
    async list() {
      const connection = connect(server);
      try {
        const watch = {
          ...watchOf(connection),
          timeouts: { ...timeouts, heartbeatMs: 500, silenceMs: 2_000, maxSilenceMs: 2_000 },
        };
        const tags = await tagsOf(connection, watch);
        return await Promise.all(
          tags.map(async ({ name }) =>
            infoOf(
              {
                ref: formatModelRef({ scheme: 'ollama', name, url: server }),
                name,
                url: server,
                shown: await show(connection, name),
              },
              {},
            ),
          ),
        );
      } catch {
        return [];
      }
    },
    health: async () => serverHealth(connected, guards),
    // Its server's memory is not ours to give back.
    shrink: async () => 0,
    async [Symbol.asyncDispose]() {
      disposal.abort();
    },
  };
}

function clientOpener(host: string): OllamaModelOptions['openClient'] {
  return async (fetch) => {
    const { Ollama } = await import('ollama');
    return new Ollama({ host, fetch });
  };
}

async function tagsOf(
  connection: ServerConnection,
  watch: Omit<Parameters<typeof watchCall>[0], 'open'>,
): Promise<{ name: string; bytes: number }[]> {
  const answer = await watchCall<unknown>({
    ...watch,
    open: async (signal, onBytes) =>
      (await clientOpener(connection.url)(connection.fetchWith({ signal, onBytes }))).list(),
  });
  const rows = (answer as { models?: unknown }).models;
  return Array.isArray(rows)
    ? (rows as { name?: unknown; size?: unknown }[]).map((row) => ({
        name: String(row.name),
        bytes: Number(row.size ?? 0),
      }))
    : [];
}

function readShown(answer: unknown): Shown {
  const shown = (answer ?? {}) as {
    capabilities?: unknown;
    model_info?: unknown;
    remote_host?: unknown;
    remote_model?: unknown;
  };
  return {
    capabilities: Array.isArray(shown.capabilities) ? shown.capabilities.map(String) : ['completion'],
    info:
      typeof shown.model_info === 'object' && shown.model_info !== null
        ? (shown.model_info as Record<string, unknown>)
        : {},
    remote: Boolean(shown.remote_host) || Boolean(shown.remote_model),
  };
}

function infoOf(model: { ref: string; name: string; url: string; shown: Shown }, given: LoadOptions): ModelInfo {
  const { shown } = model;
  const trained = numberOf(shown, 'context_length');
  const can: ModelAbility[] = [];
  if (shown.capabilities.includes('completion')) can.push('generate', 'json-schema');
  if (shown.capabilities.includes('tools')) can.push('tools');
  if (shown.capabilities.includes('insert')) can.push('infill');
  if (shown.capabilities.includes('vision')) can.push('see');
  if (shown.capabilities.includes('embedding')) can.push('embed');
  return {
    ref: model.ref,
    name: model.name,
    can,
    contextLength: Math.min(given.contextLength ?? 8192, trained === 0 ? Infinity : trained),
    dimensions: can.includes('embed') ? numberOf(shown, 'embedding_length') : 0,
    local: isLoopback(model.url) && !shown.remote,
  };
}

/** A number of the model's metadata, whose keys begin with the architecture; 0 when it is not there. */
function numberOf(shown: Shown, key: string): number {
  const value = shown.info[`${String(shown.info['general.architecture'])}.${key}`];
  return typeof value === 'number' ? value : 0;
}

/** Keys and values of 16 bits for every layer and position: what Ollama keeps unless it is told to quantise them. */
function kvBytes(shown: Shown, contextLength: number): number {
  const heads = numberOf(shown, 'attention.head_count');
  const kvHeads = numberOf(shown, 'attention.head_count_kv') || heads;
  const perHead = heads === 0 ? 0 : numberOf(shown, 'embedding_length') / heads;
  const key = numberOf(shown, 'attention.key_length') || perHead;
  const value = numberOf(shown, 'attention.value_length') || perHead;
  return Math.round(numberOf(shown, 'block_count') * kvHeads * (key + value) * 2 * contextLength);
}
