import {
  NootropicError,
  type CallOptions,
  type Model,
  type ModelEvent,
  type ModelInfo,
  type PromptParts,
  type TokenCounts,
} from '@nootropic/contracts';
import type { LlamaLink } from './llama-process.ts';
import type { ModelCall } from './llama-protocol.ts';
import { imagesIn } from './openai-messages.ts';

export interface LlamaModelOptions {
  readonly info: ModelInfo;
  /** The process with this model loaded; loads it again where the process was restarted. */
  readonly ready: () => Promise<{ readonly link: LlamaLink; readonly model: number }>;
  /** Called once, when the model is disposed. */
  readonly release: () => Promise<void>;
  /** How long the end of a cancelled generation waits for exact counts, in milliseconds. */
  readonly abortGraceMs: number;
}

const none: TokenCounts = { read: 0, reused: 0, written: 0 };

/** The host's handle on one model in the model process. */
export function createLlamaModel(options: LlamaModelOptions): Model {
  const { info, ready, release, abortGraceMs } = options;
  const disposal = new AbortController();
  let released: Promise<void> | undefined;

  const ask = async (call: ModelCall, callOptions: CallOptions, onEvent?: (event: ModelEvent) => void) => {
    const stop = AbortSignal.any([disposal.signal, ...(callOptions.signal ? [callOptions.signal] : [])]);
    if (stop.aborted) throw new NootropicError('ABORTED');
    const { link, model } = await unlessStopped(ready(), stop);
    const asked = link.ask(
      {
        type: 'call',
        model,
        call,
        workClass: callOptions.workClass ?? 'chat',
        client: callOptions.client ?? 'local',
        session: callOptions.session,
      },
      onEvent === undefined ? {} : { onEvent },
    );
    return { asked, stop };
  };

  async function whole<Result>(call: ModelCall, callOptions: CallOptions): Promise<Result> {
    const { asked, stop } = await ask(call, callOptions);
    try {
      return (await unlessStopped(asked.answer, stop)) as Result;
    } catch (error) {
      if (stop.aborted) asked.abort();
      throw error;
    }
  }

  async function* stream(call: ModelCall, callOptions: CallOptions): AsyncGenerator<ModelEvent> {
    const aborted = () => callOptions.signal?.aborted === true && !disposal.signal.aborted;
    const events = createEventQueue();
    let begun;
    try {
      begun = await ask(call, callOptions, events.push);
    } catch (error) {
      if (!aborted()) throw disposal.signal.aborted ? new NootropicError('ABORTED') : error;
      yield { type: 'finish', reason: 'aborted', tokens: none };
      return;
    }
    const { asked, stop } = begun;
    asked.answer.then(events.end, events.fail);
    let seen = none;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onStop = (): void => {
      asked.abort();
      // The native step under way cannot be cut short; who cancelled does not wait for it.
      timer = setTimeout(() => events.push({ type: 'finish', reason: 'aborted', tokens: seen }), abortGraceMs);
      if (disposal.signal.aborted) events.fail(new NootropicError('ABORTED'));
    };
    stop.addEventListener('abort', onStop, { once: true });
    if (stop.aborted) onStop();
    let finished = false;
    try {
      for await (const event of events.read()) {
        if (event.type === 'prompt-progress') {
          const reused = event.reused ?? seen.reused;
          seen = { ...seen, reused, read: Math.max(0, event.done - reused) };
        } else if (event.type !== 'finish') seen = { ...seen, written: seen.written + 1 };
        finished = event.type === 'finish';
        // What was generated between the abort and its arrival is not shown any more.
        if (finished || !aborted()) yield event;
        if (finished) return;
      }
      throw new NootropicError('INTERNAL', 'A generation ended without saying how.');
    } finally {
      clearTimeout(timer);
      stop.removeEventListener('abort', onStop);
      if (!finished) asked.abort();
    }
  }

  const may = (ability: ModelInfo['can'][number], what: string): void => {
    if (!info.can.includes(ability)) throw new NootropicError('MODEL_UNSUPPORTED', `${info.name} cannot ${what}.`);
  };

  return {
    info,
    async *generate(request, callOptions = {}) {
      may('generate', 'generate text as it is loaded');
      // node-llama-cpp gives no way to llama.cpp's multimodal library.
      if (imagesIn(request).length > 0) may('see', 'look at pictures: the built-in runtime reads text alone');
      yield* stream({ kind: 'generate', request }, callOptions);
    },
    async *infill(request, callOptions = {}) {
      if (request.raw === true) may('generate', 'generate text as it is loaded');
      else may('infill', 'fill gaps');
      yield* stream({ kind: 'infill', request }, callOptions);
    },
    async embed(texts, callOptions = {}) {
      may('embed', 'embed text as it is loaded');
      if (texts.length === 0) return [];
      return whole<Float32Array[]>({ kind: 'embed', texts }, callOptions);
    },
    async rerank(query, documents, callOptions = {}) {
      may('rerank', 'rank documents');
      if (documents.length === 0) return [];
      return whole<number[]>({ kind: 'rerank', query, documents }, callOptions);
    },
    countTokens: (what) => whole<number>({ kind: 'count', what: typeof what === 'string' ? what : partsOf(what) }, {}),
    tokenize: (text, { special = false } = {}) => whole<readonly number[]>({ kind: 'tokenize', text, special }, {}),
    detokenize: (tokens) => whole<string>({ kind: 'detokenize', tokens }, {}),
    async [Symbol.asyncDispose]() {
      disposal.abort();
      released ??= release();
      await released;
    },
  };
}

/** The prompt's parts alone: who counts may hand in a whole request, of which the rest need not cross the pipe. */
function partsOf({ messages, tools, announcedTools, jsonSchema }: PromptParts): PromptParts {
  return {
    messages,
    ...(tools && { tools }),
    ...(announcedTools && { announcedTools }),
    ...(jsonSchema && { jsonSchema }),
  };
}

/** The promise's outcome, or `ABORTED` as soon as the signal fires. */
export async function unlessStopped<Result>(
  promise: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return promise;
  const stopped = Promise.withResolvers<never>();
  const onAbort = (): void => stopped.reject(new NootropicError('ABORTED'));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Messages as they come, read in order by one reader. */
function createEventQueue() {
  const events: ModelEvent[] = [];
  let wake: (() => void) | undefined;
  let over: { readonly error?: unknown } | undefined;
  const stir = (): void => {
    wake?.();
    wake = undefined;
  };
  return {
    push: (event: ModelEvent): void => {
      events.push(event);
      stir();
    },
    end: (): void => {
      over ??= {};
      stir();
    },
    fail: (error: unknown): void => {
      over ??= { error };
      stir();
    },
    async *read(): AsyncGenerator<ModelEvent> {
      for (;;) {
        const event = events.shift();
        if (event !== undefined) yield event;
        else if (over !== undefined) {
          if ('error' in over) throw over.error;
          return;
        } else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}
