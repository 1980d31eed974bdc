import { NootropicError, type LoadOptions, type Model, type ModelRuntime } from '@nootropic/contracts';
import { createCloudModel, requestCloudVectors, type CloudModelOptions } from './cloud-model.ts';
import { cloudModels, cloudSchemes, findCloudModel, type CloudProvider } from './cloud-models.ts';
import { abilitiesOf, cloudProfiles, describePath, isDescription } from './cloud-providers.ts';
import { formatModelRef, isLoopback, parseModelRef } from './model-ref.ts';
import { createServerConnection, type Fetch, type ServerConnection } from './server-connection.ts';
import { serverFailure } from './server-errors.ts';
import { createServerGuards, type ServerRetry } from './server-guard.ts';
import { serverHealth } from './server-health.ts';
import { abilitiesIn, fields } from './server-profiles.ts';
import { watchCall, type ServerTimeouts } from './server-watch.ts';
import { shareLoad } from './share-load.ts';

export interface CloudRuntimeOptions {
  readonly provider: CloudProvider;
  /** Whether the user allowed the provider. While it is false, nothing is sent. */
  readonly enabled: boolean;
  /** The key, asked for at each load; `undefined` where there is none. It is sent to the provider only, and is in no error. */
  readonly apiKey: () => Promise<string | undefined>;
  /** Default: the global one. */
  readonly fetch?: Fetch;
  /** Where the provider answers. Default: its own address. Only `https:` addresses and loopback ones are taken. */
  readonly baseUrl?: string;
  readonly timeouts?: ServerTimeouts;
  /** How often the provider is asked again, and when it is left alone. */
  readonly retry?: ServerRetry;
  /** Ids for tool calls of providers that give none. Default: random. */
  readonly newId?: () => string;
}

/**
 * Models of one provider on the internet, off until the user enables it. References are `openai-cloud:NAME`, `anthropic:NAME`, `google:NAME`
 * and `xai:NAME`. Loading asks the provider for the model, so that a wrong key or name shows at once; no prompt is sent.
 *
 * Rejects with `DENIED` while it is off, `KEY_MISSING` without a key or with a wrong one, `QUEUE_FULL` where it allows no more requests now.
 */
export function createCloudRuntime(options: CloudRuntimeOptions): ModelRuntime {
  const { provider, enabled, timeouts = {}, fetch = globalThis.fetch } = options;
  const { newId = () => `call_${crypto.randomUUID()}` } = options;
  const profile = cloudProfiles[provider];
  const scheme = cloudSchemes[provider];
  const baseUrl = safeAddress(options.baseUrl ?? profile.baseUrl);
  const loading = new Map<string, Promise<Model>>();
  const guards = createServerGuards(options.retry);
  const disposal = new AbortController();
  let connected: string | undefined;
  const keyAdvice = `Run \`nootropic keys set ${provider}\`, or set ${profile.keyVariable}.`;

  function requireEnabled(): void {
    if (enabled) return;
    throw new NootropicError('DENIED', `${profile.title} is not enabled, so nothing was sent to it.`, {
      hint: `Add ${provider} to providers.enabled in your configuration: what is asked then leaves this machine.`,
    });
  }

  async function connect(): Promise<ServerConnection> {
    const apiKey = (await options.apiKey())?.trim();
    if (apiKey === undefined || apiKey === '')
      throw new NootropicError('KEY_MISSING', `There is no key for ${profile.title}.`, { hint: keyAdvice });
    if (!/^[\x21-\x7e]+$/.test(apiKey))
      throw new NootropicError('KEY_MISSING', `The key for ${profile.title} holds characters that no key has.`, {
        hint: keyAdvice,
      });
    return createServerConnection({
      url: baseUrl,
      fetch,
      apiKey,
      keyHeader: profile.keyHeader,
      headers: profile.headers,
      passHeaders: profile.passHeaders,
      keyAdvice,
      advice: 'Check the network and HTTPS_PROXY, or use a local model.',
    });
  }

  function parse(text: string): { readonly name: string; readonly ref: string } {
    const ref = parseModelRef(text);
    if (ref.scheme !== scheme)
      throw new NootropicError('MODEL_REF_INVALID', `${text} is not a model of ${profile.title}.`);
    return { name: ref.name, ref: formatModelRef(ref) };
  }

  const watchOf = (connection: ServerConnection) => ({
    probe: (signal: AbortSignal) => connection.json(`${baseUrl}/models`, { signal }),
    signals: [disposal.signal],
    timeouts: { silenceMs: 15_000, maxSilenceMs: 60_000, ...timeouts },
    url: connection.url,
  });

  async function describe(connection: ServerConnection, name: string): Promise<Readonly<Record<string, unknown>>> {
    const address = `${baseUrl}${describePath(name)}`;
    try {
      const answer = await watchCall<unknown>({
        ...watchOf(connection),
        open: (signal) => guards.for(baseUrl).run(() => connection.json(address, { signal }), signal),
      });
      if (isDescription(answer)) return fields(answer);
    } catch (error) {
      const failure = serverFailure(error, baseUrl);
      if (failure.code !== 'MODEL_NOT_FOUND') throw failure;
      throw new NootropicError('MODEL_NOT_FOUND', `${profile.title} has no model ${name}.`, { cause: failure });
    }
    throw new NootropicError('MODEL_REFUSED', `${address} did not describe a model.`);
  }

  async function load(refText: string, given: LoadOptions = {}): Promise<Model> {
    const { name, ref } = parse(refText);
    requireEnabled();
    const role = given.role ?? 'chat';
    const key = `${role} ${given.contextLength ?? ''} ${ref}`;
    return shareLoad(loading, { key, signal: given.signal, disposed: disposal.signal }, async () => {
      const can = abilitiesIn(role, abilitiesOf(profile, name));
      if (can.length === 0)
        throw new NootropicError('MODEL_UNSUPPORTED', `${profile.title} has no models for ${role}.`);
      const connection = await connect();
      const described = await describe(connection, name);
      const guard = guards.for(baseUrl);
      const openClient: CloudModelOptions['openClient'] = (send) =>
        profile.open({ baseURL: baseUrl, fetch: send, generateId: newId });
      const [vector] = can.includes('embed')
        ? await requestCloudVectors({ name, openClient, connection, guard, profile }, ['length'], watchOf(connection))
        : [];
      const contextLength = profile.contextLength(described) ?? findCloudModel(provider, name)?.contextLength ?? 0;
      connected = baseUrl;
      return createCloudModel({
        info: {
          ref,
          name,
          can,
          contextLength: Math.min(contextLength, given.contextLength ?? Infinity),
          dimensions: vector?.length ?? 0,
          local: false,
        },
        name,
        profile,
        connection,
        guard,
        openClient,
        timeouts,
        runtimeDisposed: disposal.signal,
      });
    });
  }

  return {
    scheme,
    load,
    async estimate(ref) {
      parse(ref);
      return { weights: 0, repack: 0, kvCache: 0, compute: 0, total: 0, gpu: 0 };
    },
    /** The models whose prices are known, without a request; none while the provider is off or has no key. */
    async list() {
      if (!enabled || !(await options.apiKey().catch(() => undefined))) return [];
      return cloudModels
        .filter((model) => model.provider === provider)
        .map(({ name, contextLength, embeds }) => ({
          ref: `${scheme}:${name}`,
          name,
          can: abilitiesIn(embeds ? 'embedding' : 'chat', abilitiesOf(profile, name)),
          contextLength,
          dimensions: 0,
          local: false,
        }));
    },
    async health() {
      const health = serverHealth(connected, guards);
      return enabled ? health : { ...health, state: 'idle', detail: `${profile.title} is not enabled` };
    },
    // The provider's memory is not ours to give back.
    shrink: async () => 0,
    async [Symbol.asyncDispose]() {
      disposal.abort();
    },
  };
}

function safeAddress(address: string): string {
  const url = URL.parse(address);
  if (url === null || (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(address))))
    throw new NootropicError('CONFIG_INVALID', `A key is not sent to ${address}.`, {
      hint: 'Use an address that begins with https://.',
    });
  return address.replace(/\/+$/, '');
}
