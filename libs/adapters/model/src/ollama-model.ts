import {
  NootropicError,
  type CallOptions,
  type GenerateRequest,
  type InfillRequest,
  type Model,
  type ModelAbility,
  type ModelEvent,
  type ModelInfo,
  type ToolCall,
} from '@nootropic/contracts';
import type { Ollama } from 'ollama';
import { ollamaChatBody } from './ollama-messages.ts';
import { withExtra } from './openai-infill.ts';
import { estimatePrompt, imagesIn } from './openai-messages.ts';
import { logprobsOf } from './openai-stream.ts';
import { neverEmpty } from './openai-model.ts';
import type { ServerConnection } from './server-connection.ts';
import { cutStream, serverFailure } from './server-errors.ts';
import { openToFirst, type ServerGuard } from './server-guard.ts';
import { watchCall, watchStream, type ServerTimeouts } from './server-watch.ts';
import { estimateTokens } from './token-estimate.ts';
import { unitVector } from './unit-vector.ts';

export interface OllamaModelOptions {
  readonly info: ModelInfo;
  readonly name: string;
  readonly connection: ServerConnection;
  readonly openClient: (fetch: typeof globalThis.fetch) => Promise<Ollama>;
  readonly guard: ServerGuard;
  readonly timeouts: ServerTimeouts;
  /** Whether the model can be told not to think. */
  readonly thinks: boolean;
  /** How long Ollama keeps the model in memory after a call, in its own notation. */
  readonly keepAlive: string | number;
  readonly newId: () => string;
  /** Ends every call, as the model's own disposal does. */
  readonly runtimeDisposed: AbortSignal;
}

interface LoosePiece {
  readonly message?: {
    readonly content?: unknown;
    readonly thinking?: unknown;
    readonly tool_calls?: readonly LooseCall[] | null;
  } | null;
  readonly response?: unknown;
  readonly logprobs?: unknown;
  readonly done?: boolean;
  readonly done_reason?: string;
  readonly prompt_eval_count?: number;
  readonly eval_count?: number;
}

interface LooseCall {
  readonly id?: string;
  readonly function?: { readonly name?: string; readonly arguments?: unknown };
}

const embedBatch = 64;

/** One model of an Ollama server. */
export function createOllamaModel(options: OllamaModelOptions): Model {
  const { info, name, connection, guard, timeouts, keepAlive, thinks } = options;
  const disposal = new AbortController();
  const disposed = AbortSignal.any([disposal.signal, options.runtimeDisposed]);

  function require(ability: ModelAbility, what: string): void {
    if (disposed.aborted) throw new NootropicError('ABORTED', `The model ${info.name} was unloaded.`);
    if (!info.can.includes(ability)) throw new NootropicError('MODEL_UNSUPPORTED', `${info.name} cannot ${what}.`);
  }

  const watched = (signal: AbortSignal | undefined) => ({
    probe: (stop: AbortSignal) =>
      connection.json(`${connection.url}/api/version`, {
        signal: AbortSignal.any([stop, AbortSignal.timeout(10_000)]),
      }),
    signals: [signal, disposed],
    timeouts,
    url: connection.url,
  });

  async function* run(
    open: (client: Ollama) => PromiseLike<AsyncIterable<unknown>>,
    call: { estimate: number; signal: AbortSignal | undefined; alternatives?: number | undefined },
  ): AsyncGenerator<ModelEvent> {
    const seen = { pieces: 0, calls: 0 };
    let last: LoosePiece = {};
    const attempt = async (signal: AbortSignal, onBytes: () => void): Promise<AsyncIterable<unknown>> => {
      const send = connection.fetchWith({ signal, onBytes });
      try {
        const client = await options.openClient(async (input, init) =>
          checkedLines(await send(input, init), connection.url),
        );
        // Its first line is the first piece of the answer.
        return await openToFirst(await open(client), { says: () => true, cut: () => cutStream(connection.url) });
      } catch (error) {
        throw serverFailure(error, connection.url);
      }
    };
    try {
      const pieces = watchStream<unknown>({
        ...watched(call.signal),
        open: (signal, onBytes) => guard.run(() => attempt(signal, onBytes), signal),
      });
      for await (const piece of pieces) {
        if (piece === undefined) {
          yield { type: 'prompt-progress', done: seen.pieces > 0 ? call.estimate : 0, total: call.estimate };
          continue;
        }
        last = piece as LoosePiece;
        for (const event of eventsOf(last, { newId: options.newId, alternatives: call.alternatives })) {
          seen.pieces += 1;
          if (event.type === 'tool-call') seen.calls += 1;
          yield event;
        }
      }
    } catch (error) {
      const failure = serverFailure(error, connection.url);
      if (failure.code !== 'ABORTED' || call.signal?.aborted !== true) throw failure;
      const read = seen.pieces > 0 ? call.estimate : 0;
      yield { type: 'finish', reason: 'aborted', tokens: { read, reused: 0, written: seen.pieces } };
      return;
    }
    const read = last.prompt_eval_count ?? call.estimate;
    const reason = seen.calls > 0 ? 'tool-call' : last.done_reason === 'length' ? 'length' : 'stop';
    yield { type: 'finish', reason, tokens: { read, reused: 0, written: last.eval_count ?? seen.pieces } };
  }

  async function* generate(request: GenerateRequest, call: CallOptions = {}): AsyncGenerator<ModelEvent> {
    require('generate', 'generate text');
    if ((request.tools?.length ?? 0) > 0) require('tools', 'call tools');
    if (imagesIn(request).length > 0) require('see', 'look at pictures');
    const body = ollamaChatBody(name, request, { contextLength: info.contextLength, keepAlive, thinks });
    if (request.jsonSchema !== undefined) require('json-schema', 'keep to a JSON Schema');
    yield* run((client) => client.chat({ ...body, model: name, stream: true }), {
      estimate: estimatePrompt(request),
      signal: call.signal,
      alternatives: request.logprobs,
    });
  }

  async function* infill(request: InfillRequest, call: CallOptions = {}): AsyncGenerator<ModelEvent> {
    const { raw = false, prefix, suffix } = request;
    if (raw) require('generate', 'generate text');
    else require('infill', 'fill gaps');
    const body = {
      model: name,
      prompt: raw ? prefix : withExtra(request),
      ...(raw ? { raw } : { suffix }),
      keep_alive: keepAlive,
      options: {
        num_ctx: info.contextLength,
        num_predict: request.maxTokens ?? 64,
        temperature: request.temperature ?? 0,
        ...(request.topP === undefined ? {} : { top_p: request.topP }),
        ...(request.seed === undefined ? {} : { seed: request.seed }),
        ...(request.stop === undefined || request.stop.length === 0 ? {} : { stop: [...request.stop] }),
      },
    };
    const estimate = estimateTokens(prefix) + (raw ? 0 : estimateTokens(suffix));
    yield* run((client) => client.generate({ ...body, stream: true }), { estimate, signal: call.signal });
  }

  async function noTokenizer(): Promise<never> {
    throw new NootropicError('MODEL_UNSUPPORTED', `${info.name} cannot number tokens: Ollama has no such request.`);
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
        const answer = await embedThrough(input, watched(call.signal));
        vectors.push(...answer);
      }
      return vectors;
    },
    async rerank() {
      throw new NootropicError('MODEL_UNSUPPORTED', `${info.name} cannot rank documents: Ollama has no such request.`);
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

  async function embedThrough(input: readonly string[], watch: ReturnType<typeof watched>): Promise<Float32Array[]> {
    const attempt = async (signal: AbortSignal, onBytes: () => void): Promise<unknown> => {
      try {
        const client = await options.openClient(connection.fetchWith({ signal, onBytes }));
        // A text longer than the model reads is cut by the server: the start of a piece of code stands well for the whole.
        return await client.embed({
          model: name,
          input: [...input],
          truncate: true,
          keep_alive: keepAlive,
          options: { num_ctx: info.contextLength },
        });
      } catch (error) {
        throw serverFailure(error, connection.url);
      }
    };
    let answer: unknown;
    try {
      answer = await watchCall<unknown>({
        ...watch,
        open: (signal, onBytes) => guard.run(() => attempt(signal, onBytes), signal),
      });
    } catch (error) {
      throw serverFailure(error, connection.url);
    }
    const rows = (answer as { embeddings?: unknown }).embeddings;
    const vectors = Array.isArray(rows) ? (rows as number[][]).map(unitVector) : [];
    if (vectors.length !== input.length || vectors.some((vector) => vector.length !== info.dimensions)) {
      throw new NootropicError(
        'MODEL_REFUSED',
        `${connection.url} did not answer with one vector of ${info.dimensions} numbers for each of ${input.length} texts.`,
      );
    }
    return vectors;
  }
}

function eventsOf(
  piece: LoosePiece,
  { newId, alternatives }: { readonly newId: () => string; readonly alternatives: number | undefined },
): ModelEvent[] {
  const events: ModelEvent[] = [];
  const thought = piece.message?.thinking;
  const text = piece.message?.content ?? piece.response;
  if (typeof thought === 'string' && thought !== '') events.push({ type: 'reasoning', text: thought });
  const logprobs = logprobsOf(piece.logprobs, alternatives);
  if (typeof text === 'string' && text !== '')
    events.push({ type: 'text', text, ...(logprobs.length > 0 && { logprobs }) });
  const calls: unknown = piece.message?.tool_calls;
  for (const one of Array.isArray(calls) ? (calls as (LooseCall | null)[]) : []) {
    const call = callOf(one, newId);
    // What is not a call stays what the model wrote: text.
    events.push(call === undefined ? { type: 'text', text: JSON.stringify(one) } : { type: 'tool-call', call });
  }
  return events;
}

function callOf(one: LooseCall | null, newId: () => string): ToolCall | undefined {
  const name = one?.function?.name;
  let given = one?.function?.arguments ?? {};
  if (typeof given === 'string') {
    try {
      given = JSON.parse(given) as unknown as object;
    } catch {
      return undefined;
    }
  }
  if (typeof name !== 'string' || name === '' || typeof given !== 'object' || given === null || Array.isArray(given))
    return undefined;
  return {
    id: typeof one?.id === 'string' && one.id !== '' ? one.id : newId(),
    name,
    arguments: given as Record<string, unknown>,
  };
}

/** Ends a stream at the first line that is not JSON: the package would print such a line to the console and go on. */
function checkedLines(response: Response, url: string): Response {
  if (response.body === null) return response;
  const decoder = new TextDecoder();
  let rest = '';
  const check = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        try {
          JSON.parse(line);
        } catch (cause) {
          controller.error(serverFailure(new SyntaxError('not JSON', { cause }), url));
          return;
        }
      }
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(check), { status: response.status, headers: response.headers });
}
