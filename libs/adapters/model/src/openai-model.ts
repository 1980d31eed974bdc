import {
  NootropicError,
  type CallOptions,
  type GenerateRequest,
  type InfillRequest,
  type Model,
  type ModelAbility,
  type ModelEvent,
  type ModelInfo,
} from '@nootropic/contracts';
import type { OpenAI } from 'openai';
import { finishInfill, infillRequest, infillSays, readInfill, type InfillState } from './openai-infill.ts';
import { chatBody, countedImages, countedText, estimatePrompt, imagesIn } from './openai-messages.ts';
import { createChatReader, saysSomething } from './openai-stream.ts';
import type { ServerConnection } from './server-connection.ts';
import { cutStream, serverFailure } from './server-errors.ts';
import { openToFirst, type ServerGuard } from './server-guard.ts';
import { fields, type ServerProfile, type TokenizerRoute } from './server-profiles.ts';
import { watchCall, watchStream, type ServerTimeouts } from './server-watch.ts';
import { estimateTokens } from './token-estimate.ts';
import { unitVector } from './unit-vector.ts';

export interface OpenaiModelOptions {
  readonly info: ModelInfo;
  /** What the server calls the model. */
  readonly name: string;
  /** The habits of the server, which decide what is asked of it and in which words. */
  readonly profile: ServerProfile;
  readonly guard: ServerGuard;
  readonly connection: ServerConnection;
  readonly openClient: (fetch: typeof globalThis.fetch) => Promise<OpenAI>;
  readonly timeouts: ServerTimeouts;
  readonly newId: () => string;
  /** Ends every call, as the model's own disposal does. */
  readonly runtimeDisposed: AbortSignal;
}

const embedBatch = 64;

/** One model of a server that speaks the OpenAI protocol. */
export function createOpenaiModel(options: OpenaiModelOptions): Model {
  const { info, name, profile, guard, connection, timeouts } = options;
  const disposal = new AbortController();
  const disposed = AbortSignal.any([disposal.signal, options.runtimeDisposed]);
  // Requests outside the protocol live beside /v1, not below it.
  const root = connection.url.replace(/\/v\d+$/, '');

  function require(ability: ModelAbility, what: string): void {
    if (disposed.aborted) throw new NootropicError('ABORTED', `The model ${info.name} was unloaded.`);
    if (!info.can.includes(ability)) throw new NootropicError('MODEL_UNSUPPORTED', `${info.name} cannot ${what}.`);
  }

  const watched = (signal: AbortSignal | undefined) => ({
    probe: (stop: AbortSignal) =>
      connection.json(`${connection.url}/models`, { signal: AbortSignal.any([stop, AbortSignal.timeout(10_000)]) }),
    signals: [signal, disposed],
    timeouts,
    url: connection.url,
  });

  /** A stream of the package under our watch, opened again where it fails before it says anything. `ended` tells whether the server said why it stops. */
  async function* stream(
    open: (client: OpenAI) => PromiseLike<AsyncIterable<unknown>>,
    call: { signal: AbortSignal | undefined; ended: () => boolean; says: (chunk: unknown) => boolean },
  ): AsyncGenerator<unknown> {
    let tail = '';
    const done = (): boolean => tail.includes('[DONE]');
    const attempt = async (signal: AbortSignal, onBytes: () => void): Promise<AsyncIterable<unknown>> => {
      tail = '';
      const send = connection.fetchWith({
        signal,
        onBytes: (text) => {
          tail = (tail + text).slice(-32);
          onBytes();
        },
      });
      try {
        const client = await options.openClient(async (input, init) => asEventStream(await send(input, init)));
        const cut = (): unknown => (done() ? undefined : cutStream(connection.url));
        return await openToFirst(await open(client), { says: call.says, cut });
      } catch (error) {
        throw serverFailure(error, connection.url);
      }
    };
    try {
      yield* watchStream<unknown>({
        ...watched(call.signal),
        open: (signal, onBytes) => guard.run(() => attempt(signal, onBytes), signal),
      });
    } catch (error) {
      throw serverFailure(error, connection.url);
    }
    if (!call.ended() && !done()) throw cutStream(connection.url);
  }

  async function* generate(request: GenerateRequest, call: CallOptions = {}): AsyncGenerator<ModelEvent> {
    require('generate', 'generate text');
    if (request.jsonSchema !== undefined) require('json-schema', 'keep to a JSON Schema');
    const reader = createChatReader({
      newId: options.newId,
      promptEstimate: estimatePrompt(request),
      alternatives: request.logprobs,
    });
    if ((request.tools?.length ?? 0) > 0) require('tools', 'call tools');
    if (imagesIn(request).length > 0) require('see', 'look at pictures');
    const body = chatBody(name, request, profile);
    try {
      const chunks = stream(
        (client) => client.post('/chat/completions', { body, stream: true }) as PromiseLike<AsyncIterable<unknown>>,
        {
          signal: call.signal,
          ended: () => reader.ended,
          says: saysSomething,
        },
      );
      for await (const chunk of chunks) {
        if (chunk === undefined) yield { type: 'prompt-progress', ...reader.progress };
        else yield* reader.read(chunk);
      }
    } catch (error) {
      if (!endedByCaller(error, call.signal)) throw error;
      yield* reader.finish('aborted');
      return;
    }
    yield* reader.finish();
  }

  async function* infill(request: InfillRequest, call: CallOptions = {}): AsyncGenerator<ModelEvent> {
    if (request.raw === true) require('generate', 'generate text');
    else require('infill', 'fill gaps');
    const estimate = estimateTokens(request.prefix) + (request.raw === true ? 0 : estimateTokens(request.suffix));
    const state: InfillState = { pieces: 0, reason: undefined, written: undefined, read: 0, reused: 0, estimate };
    try {
      const chunks = stream((client) => openInfill(client, request), {
        signal: call.signal,
        ended: () => state.reason !== undefined,
        says: infillSays,
      });
      for await (const chunk of chunks) {
        if (chunk === undefined) {
          yield { type: 'prompt-progress', done: state.pieces > 0 ? estimate : 0, total: estimate };
          continue;
        }
        const text = readInfill(chunk, state);
        if (text !== '') yield { type: 'text', text };
      }
    } catch (error) {
      if (!endedByCaller(error, call.signal)) throw request.raw === true ? error : unsupportedInfill(error);
      yield finishInfill(state, 'aborted');
      return;
    }
    yield finishInfill(state, state.reason ?? 'stop');
  }

  function openInfill(client: OpenAI, request: InfillRequest): PromiseLike<AsyncIterable<unknown>> {
    const { path, body } = infillRequest(name, request, { root, profile });
    return client.post(path, { body, stream: true }) as PromiseLike<AsyncIterable<unknown>>;
  }

  function unsupportedInfill(error: unknown): unknown {
    if (NootropicError.is(error) && (error.code === 'MODEL_NOT_FOUND' || /suffix|infill|fim/i.test(error.message))) {
      return new NootropicError('MODEL_UNSUPPORTED', `${info.name} cannot fill gaps: ${error.message}`, {
        cause: error,
      });
    }
    return error;
  }

  async function post(path: string, body: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    try {
      return await watchCall({
        ...watched(signal),
        open: (stop, onBytes) => guard.run(() => connection.json(path, { signal: stop, body, onBytes }), stop),
      });
    } catch (error) {
      throw serverFailure(error, connection.url);
    }
  }

  async function askTokenizer<Given>(route: TokenizerRoute<Given>, given: Given): Promise<unknown> {
    if (disposed.aborted) throw new NootropicError('ABORTED', `The model ${info.name} was unloaded.`);
    const signal = AbortSignal.any([disposed, AbortSignal.timeout(10_000)]);
    return connection.json(`${root}${route.path}`, { body: route.body(name, given), signal });
  }

  function noTokenizer(): NootropicError {
    return new NootropicError(
      'MODEL_UNSUPPORTED',
      `${info.name} cannot number tokens: its server has no such request.`,
    );
  }

  return {
    info,
    generate,
    infill,
    async embed(texts, call = {}) {
      require('embed', 'embed text');
      const vectors: Float32Array[] = [];
      for (let from = 0; from < texts.length; from += embedBatch) {
        const input = texts.slice(from, from + embedBatch).map(neverEmpty);
        vectors.push(
          ...readEmbeddings(
            await requestEmbeddings(options, input, watched(call.signal)),
            input.length,
            connection.url,
          ),
        );
      }
      return vectors;
    },
    async rerank(query, documents, call = {}) {
      require('rerank', 'rank documents');
      if (documents.length === 0) return [];
      const answer = await post(
        `${connection.url}${profile.rerankPath}`,
        { model: name, query, documents, top_n: documents.length },
        call.signal,
      );
      return readScores(answer, documents.length, connection.url);
    },
    async countTokens(what) {
      const text = countedText(what);
      const images = countedImages(what);
      if (disposed.aborted || profile.tokenize === undefined) return estimateTokens(text) + images;
      try {
        const { tokens, count, length } = fields(await askTokenizer(profile.tokenize, text));
        for (const total of [count, length, Array.isArray(tokens) ? tokens.length : undefined])
          if (typeof total === 'number') return total + images;
      } catch {
        // A count is never worth a failure: the estimate errs on the safe side.
      }
      return estimateTokens(text) + images;
    },
    async tokenize(text) {
      if (profile.tokenize === undefined) throw noTokenizer();
      const { tokens } = fields(await askTokenizer(profile.tokenize, text));
      if (!isNumbers(tokens) && !(Array.isArray(tokens) && text === ''))
        throw new NootropicError('MODEL_REFUSED', `${root}${profile.tokenize.path} did not answer with tokens.`);
      return tokens as readonly number[];
    },
    async detokenize(tokens) {
      if (profile.detokenize === undefined) throw noTokenizer();
      if (tokens.length === 0) return '';
      const { content, prompt, text } = fields(await askTokenizer(profile.detokenize, tokens));
      const said = content ?? prompt ?? text;
      if (typeof said !== 'string')
        throw new NootropicError('MODEL_REFUSED', `${root}${profile.detokenize.path} did not answer with a text.`);
      return said;
    },
    async [Symbol.asyncDispose]() {
      disposal.abort();
    },
  };
}

/** A server that knows no streams answers with one JSON object: it becomes a stream of one event. */
async function asEventStream(response: Response): Promise<Response> {
  if (!/^application\/json/i.test(response.headers.get('content-type') ?? '')) return response;
  const body = (await response.text()).replaceAll(/[\r\n]+/g, ' ');
  return new Response(`data: ${body}\n\ndata: [DONE]\n\n`, { headers: { 'content-type': 'text/event-stream' } });
}

function endedByCaller(error: unknown, signal: AbortSignal | undefined): boolean {
  return NootropicError.is(error) && error.code === 'ABORTED' && signal?.aborted === true;
}

/** Servers refuse an empty text. A space stands for it. */
export function neverEmpty(text: string): string {
  return text === '' ? ' ' : text;
}

/** Embeds through the package. Also used at load, to learn the length of a vector. */
export async function requestEmbeddings(
  options: Pick<OpenaiModelOptions, 'name' | 'openClient' | 'connection' | 'guard'>,
  input: readonly string[],
  watch: Omit<Parameters<typeof watchCall>[0], 'open'>,
): Promise<unknown> {
  const attempt = async (signal: AbortSignal, onBytes: () => void): Promise<unknown> => {
    try {
      const client = await options.openClient(options.connection.fetchWith({ signal, onBytes }));
      return await client.embeddings.create({ model: options.name, input: [...input], encoding_format: 'float' });
    } catch (error) {
      throw serverFailure(error, options.connection.url);
    }
  };
  try {
    return await watchCall<unknown>({
      ...watch,
      open: (signal, onBytes) => options.guard.run(() => attempt(signal, onBytes), signal),
    });
  } catch (error) {
    throw serverFailure(error, options.connection.url);
  }
}

/** Unit vectors in the order of the texts. */
export function readEmbeddings(answer: unknown, wanted: number, url: string): Float32Array[] {
  const rows = (answer as { data?: unknown } | null)?.data;
  const vectors = new Array<Float32Array | undefined>(wanted).fill(undefined);
  if (Array.isArray(rows)) {
    rows.forEach((row: { index?: unknown; embedding?: unknown }, at) => {
      const index = typeof row.index === 'number' ? row.index : at;
      if (index >= 0 && index < wanted && isNumbers(row.embedding)) vectors[index] = unitVector(row.embedding);
    });
  }
  const length = vectors[0]?.length;
  return vectors.map((vector) => {
    if (vector === undefined || vector.length !== length)
      throw new NootropicError('MODEL_REFUSED', `${url} did not answer with one vector for each of ${wanted} texts.`);
    return vector;
  });
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'number');
}

function readScores(answer: unknown, wanted: number, url: string): number[] {
  const results =
    (answer as { results?: unknown; data?: unknown } | null)?.results ?? (answer as { data?: unknown } | null)?.data;
  const scores = new Array<number>(wanted).fill(Number.NaN);
  if (Array.isArray(results)) {
    for (const one of results as { index?: unknown; relevance_score?: unknown; score?: unknown }[]) {
      const score = one.relevance_score ?? one.score;
      if (typeof one.index === 'number' && typeof score === 'number' && one.index in scores) scores[one.index] = score;
    }
  }
  if (scores.some(Number.isNaN))
    throw new NootropicError('MODEL_REFUSED', `${url} did not score each of ${wanted} documents.`);
  return scores;
}
