import {
  NootropicError,
  type LoadOptions,
  type Model,
  type ModelInfo,
  type ModelRole,
  type ModelRuntime,
} from '@nootropic/contracts';
import { formatModelRef, isLoopback, parseModelRef } from './model-ref.ts';
import { createOpenaiModel, readEmbeddings, requestEmbeddings, type OpenaiModelOptions } from './openai-model.ts';
import { createServerConnection, type Fetch, type ServerConnection } from './server-connection.ts';
import { serverFailure } from './server-errors.ts';
import { createServerGuards, type ServerGuard, type ServerRetry } from './server-guard.ts';
import { serverHealth } from './server-health.ts';
import { abilitiesIn } from './server-profiles.ts';
import {
  chooseEntry,
  describeEntry,
  recogniseServer,
  type RecognisedServer,
  type ServerWatch,
} from './server-recognition.ts';
import { watchCall, type ServerTimeouts } from './server-watch.ts';
import { shareLoad } from './share-load.ts';

export interface OpenaiRuntimeOptions {
  /** Default: the global one. */
  readonly fetch?: Fetch;
  /** The key for a server, by its address as in the reference. It is sent to that address's origin only, and never logged. Default: none. */
  readonly apiKey?: (url: string) => string | undefined;
  readonly timeouts?: ServerTimeouts;
  /** How often a server is asked again, and when it is left alone. */
  readonly retry?: ServerRetry;
  /** Addresses whose models `list` gives. Default: none. */
  readonly servers?: readonly string[];
  /** Ids for tool calls of servers that give none. Default: random. */
  readonly newId?: () => string;
}

const advice =
  'Start the model server, or correct its address: many end in /v1. `nootropic doctor` shows the servers it finds on this machine.';

/**
 * Models of any server that speaks the OpenAI protocol: llama-server, vLLM, SGLang, LocalAI, LM Studio, GPT4All, TabbyAPI, or a hosted one.
 * References are `openai:NAME@URL`, the URL as the server's manual gives it for clients (usually ending in `/v1`).
 *
 * The server is recognised at load, and its profile decides what is asked of it and in which words. What a model can do is what its role
 * needs (a chat model generates with tools and JSON Schema, a completion model fills gaps, an embedding model embeds, a reranking model ranks),
 * as far as the server says or is known to do it.
 */
export function createOpenaiRuntime(options: OpenaiRuntimeOptions = {}): ModelRuntime {
  const {
    fetch = globalThis.fetch,
    timeouts = {},
    servers = [],
    newId = () => `call_${crypto.randomUUID()}`,
  } = options;
  const loading = new Map<string, Promise<Model>>();
  const guards = createServerGuards(options.retry);
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
      const role = given.role ?? 'chat';
      const connection = connect(ref.url);
      const watch = watchOf(connection);
      const guard = guards.for(ref.url);
      const server = await recognise(connection, guard);
      const { profile } = server;
      const { name, entry } = chooseEntry(ref.name, server, ref.url);
      const { can, contextLength } = await describeEntry(server, entry);
      const openClient = clientOpener(ref.url);
      const ability = abilitiesIn(role, can);
      if (ability.length === 0)
        throw new NootropicError('MODEL_UNSUPPORTED', `${ref.name} at ${ref.url} cannot be used for ${role}.`);
      const model: OpenaiModelOptions = {
        info: {
          ref: formatModelRef(ref),
          name: ref.name,
          can: ability,
          contextLength: Math.min(contextLength, given.contextLength ?? Infinity),
          dimensions: await probeRole({ name, openClient, connection, guard, profile }, role, watch),
          local: isLoopback(ref.url),
        },
        name,
        profile,
        guard,
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

  /** The list of models is asked for as any request is: again where the server stumbles. */
  const recognise = (connection: ServerConnection, guard: ServerGuard): Promise<RecognisedServer> =>
    guard.run(() => recogniseServer(connection, watchOf(connection)), disposal.signal);

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
      return { weights: 0, repack: 0, kvCache: 0, compute: 0, total: 0, gpu: 0 };
    },
    async list() {
      const found = await Promise.all(
        servers.map(async (address): Promise<ModelInfo[]> => {
          const url = address.replace(/\/+$/, '');
          const connection = connect(url);
          try {
            const silent = { heartbeatMs: 500, silenceMs: 2_000, maxSilenceMs: 2_000 };
            const server = await recogniseServer(connection, { ...watchOf(connection), timeouts: silent });
            return await Promise.all(
              server.entries.map(async (entry): Promise<ModelInfo> => {
                const { can, contextLength } = await describeEntry(server, entry);
                const ref = `openai:${entry.id}@${url}`;
                const chat = abilitiesIn('chat', can);
                return { ref, name: entry.id, can: chat, contextLength, dimensions: 0, local: isLoopback(url) };
              }),
            );
          } catch {
            return [];
          }
        }),
      );
      return found.flat();
    },
    health: async () => serverHealth(connected, guards),
    // Its server's memory is not ours to give back.
    shrink: async () => 0,
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

/** Rejects with `MODEL_UNSUPPORTED` where the server was not started for the role, and gives the length of a vector. */
async function probeRole(
  model: Pick<OpenaiModelOptions, 'name' | 'openClient' | 'connection' | 'guard' | 'profile'>,
  role: ModelRole,
  watch: ServerWatch,
): Promise<number> {
  if (role === 'embedding') {
    const [vector] = readEmbeddings(await requestEmbeddings(model, ['length'], watch), 1, model.connection.url);
    return vector?.length ?? 0;
  }
  if (role === 'reranking') {
    const body = { model: model.name, query: 'a', documents: ['b'], top_n: 1 };
    await watchCall<unknown>({
      ...watch,
      open: (signal) =>
        model.guard.run(
          () => model.connection.json(`${model.connection.url}${model.profile.rerankPath}`, { signal, body }),
          signal,
        ),
    }).catch((error: unknown) => {
      const failure = serverFailure(error, model.connection.url);
      if (failure.code !== 'MODEL_NOT_FOUND') throw failure;
      throw new NootropicError('MODEL_UNSUPPORTED', `${model.connection.url} has no way to rank documents.`, {
        cause: failure,
      });
    });
  }
  return 0;
}
