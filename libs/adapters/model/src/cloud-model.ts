import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import {
  NootropicError,
  type CallOptions,
  type GenerateRequest,
  type Model,
  type ModelAbility,
  type ModelEvent,
  type ModelInfo,
} from '@nootropic/contracts';
import { cloudCall } from './cloud-messages.ts';
import { describePath, type CloudClient, type CloudProfile } from './cloud-providers.ts';
import { createCloudReader, failOnError, partSays } from './cloud-stream.ts';
import { estimatePrompt, imagesIn } from './openai-messages.ts';
import { neverEmpty, readEmbeddings } from './openai-model.ts';
import type { ServerConnection } from './server-connection.ts';
import { cutStream, serverFailure } from './server-errors.ts';
import { openToFirst, type ServerGuard } from './server-guard.ts';
import { fields } from './server-profiles.ts';
import { watchCall, watchStream, type ServerTimeouts } from './server-watch.ts';
import { unitVector } from './unit-vector.ts';

export interface CloudModelOptions {
  readonly info: ModelInfo;
  /** What the provider calls the model. */
  readonly name: string;
  readonly profile: CloudProfile;
  readonly connection: ServerConnection;
  readonly guard: ServerGuard;
  readonly openClient: (fetch: typeof globalThis.fetch) => Promise<CloudClient>;
  readonly timeouts: ServerTimeouts;
  /** Ends every call, as the model's own disposal does. */
  readonly runtimeDisposed: AbortSignal;
}

const embedBatch = 64;

/** One model of a provider on the internet. */
export function createCloudModel(options: CloudModelOptions): Model {
  const { info, name, profile, connection, guard, timeouts } = options;
  const disposal = new AbortController();
  const disposed = AbortSignal.any([disposal.signal, options.runtimeDisposed]);
  const { url } = connection;

  function require(ability: ModelAbility, what: string): void {
    if (disposed.aborted) throw new NootropicError('ABORTED', `The model ${info.name} was unloaded.`);
    if (!info.can.includes(ability)) throw new NootropicError('MODEL_UNSUPPORTED', `${info.name} cannot ${what}.`);
  }

  const watched = (signal: AbortSignal | undefined) => ({
    probe: (stop: AbortSignal) =>
      connection.json(`${url}${describePath(name)}`, { signal: AbortSignal.any([stop, AbortSignal.timeout(10_000)]) }),
    signals: [signal, disposed],
    timeouts,
    url,
  });

  async function* stream(
    request: GenerateRequest,
    call: CallOptions,
  ): AsyncGenerator<LanguageModelV4StreamPart | undefined> {
    const attempt = async (signal: AbortSignal, onBytes: () => void) => {
      try {
        const client = await options.openClient(connection.fetchWith({ signal, onBytes }));
        const { stream: parts } = await client
          .language(name)
          .doStream({ ...cloudCall(request, call, profile), abortSignal: signal });
        return await openToFirst(failOnError(parts, url), { says: partSays, cut: () => cutStream(url) });
      } catch (error) {
        throw serverFailure(error, url);
      }
    };
    try {
      yield* watchStream<LanguageModelV4StreamPart>({
        ...watched(call.signal),
        open: (signal, onBytes) => guard.run(() => attempt(signal, onBytes), signal),
      });
    } catch (error) {
      throw serverFailure(error, url);
    }
  }

  async function* generate(request: GenerateRequest, call: CallOptions = {}): AsyncGenerator<ModelEvent> {
    require('generate', 'generate text');
    if (request.jsonSchema !== undefined) require('json-schema', 'keep to a JSON Schema');
    if ((request.tools?.length ?? 0) > 0) require('tools', 'call tools');
    if (imagesIn(request).length > 0) require('see', 'look at pictures');
    const promptEstimate = estimatePrompt(request);
    const reader = createCloudReader({ url, promptEstimate, stop: profile.stops ? [] : (request.stop ?? []) });
    try {
      for await (const part of stream(request, call)) {
        if (part === undefined) yield { type: 'prompt-progress', ...reader.progress };
        else yield* reader.read(part);
        if (reader.stopped) break;
      }
    } catch (error) {
      if (!NootropicError.is(error) || error.code !== 'ABORTED' || call.signal?.aborted !== true) throw error;
      yield* reader.finish(true);
      return;
    }
    yield* reader.finish();
  }

  async function noTokenizer(): Promise<never> {
    throw new NootropicError(
      'MODEL_UNSUPPORTED',
      `${info.name} cannot number tokens: its provider has no such request.`,
    );
  }

  return {
    info,
    generate,
    async *infill({ raw = false }) {
      require('infill', raw ? 'go on from a text' : 'fill gaps');
    },
    async embed(texts, call = {}) {
      require('embed', 'embed text');
      const vectors: Float32Array[] = [];
      for (let from = 0; from < texts.length; from += embedBatch) {
        const values = texts.slice(from, from + embedBatch).map(neverEmpty);
        vectors.push(...(await requestCloudVectors(options, values, watched(call.signal))));
      }
      return vectors;
    },
    async rerank() {
      throw new NootropicError('MODEL_UNSUPPORTED', `${info.name} cannot rank documents.`);
    },
    async countTokens(what) {
      return estimatePrompt(what);
    },
    tokenize: noTokenizer,
    detokenize: noTokenizer,
    async [Symbol.asyncDispose]() {
      disposal.abort();
    },
  };
}

/** Unit vectors in the order of the texts. Also used at load, to learn their length. */
export async function requestCloudVectors(
  model: Pick<CloudModelOptions, 'name' | 'openClient' | 'connection' | 'guard' | 'profile'>,
  values: readonly string[],
  watch: Omit<Parameters<typeof watchCall>[0], 'open'>,
): Promise<Float32Array[]> {
  const { url } = model.connection;
  const attempt = async (signal: AbortSignal, onBytes: () => void): Promise<Float32Array[]> => {
    try {
      const { embedding } = await model.openClient(model.connection.fetchWith({ signal, onBytes }));
      if (embedding === undefined)
        throw new NootropicError('MODEL_UNSUPPORTED', `${model.profile.title} has no models that embed.`);
      const answer = await embedding(model.name).doEmbed({ values: [...values], abortSignal: signal });
      // The package passes over the index that OpenAI's protocol gives each vector.
      const body = answer.response?.body;
      if (Array.isArray(fields(body)['data'])) return readEmbeddings(body, values.length, url);
      return answer.embeddings.map(unitVector);
    } catch (error) {
      throw serverFailure(error, url);
    }
  };
  try {
    const vectors = await watchCall<Float32Array[]>({
      ...watch,
      open: (signal, onBytes) => model.guard.run(() => attempt(signal, onBytes), signal),
    });
    const length = vectors[0]?.length ?? 0;
    if (vectors.length !== values.length || length === 0 || vectors.some((vector) => vector.length !== length))
      throw new NootropicError(
        'MODEL_REFUSED',
        `${url} did not answer with one vector for each of ${values.length} texts.`,
      );
    return vectors;
  } catch (error) {
    throw serverFailure(error, url);
  }
}
