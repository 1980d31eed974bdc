import {
  NootropicError,
  type CallOptions,
  type GenerateRequest,
  type InfillRequest,
  type Model,
  type ModelAbility,
  type ModelEvent,
  type ModelInfo,
  type PromptParts,
  type ToolCall,
} from '@nootropic/contracts';
import { createStopFilter } from './stop-filter.ts';

/** One thing the model does, in order. A bare string is text. */
export type ScriptStep =
  | string
  | { readonly reasoning: string }
  /** A tool call; `id` defaults to `call-1`, `call-2` and so on. */
  | { readonly call: { readonly id?: string; readonly name: string; readonly arguments: Record<string, unknown> } }
  /** Milliseconds of silence. */
  | { readonly wait: number }
  | { readonly progress: { readonly done: number; readonly total: number; readonly reused?: number } }
  /** Ends the call with this error. */
  | { readonly fail: NootropicError };

/** A whole answer: one text, or steps. */
export type ScriptedReply = string | readonly ScriptStep[];

export type ScriptedCall =
  | { readonly kind: 'generate'; readonly request: GenerateRequest; readonly options: CallOptions }
  | { readonly kind: 'infill'; readonly request: InfillRequest; readonly options: CallOptions };

export interface ScriptedModelOptions {
  /**
   * The answers in order of the calls, or a function that gives the answer to a call; `index` counts from 0.
   * A call beyond the end of a list fails with `INTERNAL`, so that a test notices a call it did not expect.
   */
  readonly script: readonly ScriptedReply[] | ((call: ScriptedCall, index: number) => ScriptedReply);
  /** Replaces parts of the default: all abilities, 8192 tokens of context, 32 dimensions. */
  readonly info?: Partial<ModelInfo>;
  /** Waits this many milliseconds, less when the signal aborts. Default: real time. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** A `Model`, and what it was asked. */
export interface ScriptedModel extends Model {
  readonly calls: readonly ScriptedCall[];
}

const everything: readonly ModelAbility[] = ['generate', 'tools', 'json-schema', 'infill', 'embed', 'rerank'];

/**
 * A model that says what a test wants. It keeps to the port in all else: it stops at `maxTokens`, at stop texts and at an abort,
 * counts and numbers tokens (a word with the space before it is one), embeds words by a hash, and ranks by shared words.
 */
export function createScriptedModel(options: ScriptedModelOptions): ScriptedModel {
  const info: ModelInfo = { ...defaultInfo, ...options.info };
  const disposal = new AbortController();
  const calls: ScriptedCall[] = [];
  const vocabulary: string[] = [];

  function need(ability: ModelAbility): void {
    if (!info.can.includes(ability)) throw new NootropicError('MODEL_UNSUPPORTED', `${info.name} cannot ${ability}.`);
  }

  function begin({ signal }: CallOptions): AbortSignal {
    return signal ? AbortSignal.any([signal, disposal.signal]) : disposal.signal;
  }

  function reply(call: ScriptedCall): ScriptedReply {
    const index = calls.push(call) - 1;
    if (typeof options.script === 'function') return options.script(call, index);
    const found = options.script[index];
    if (found === undefined) {
      throw new NootropicError(
        'INTERNAL',
        `The script has ${options.script.length} answers, and this is call ${index + 1}.`,
      );
    }
    return found;
  }

  async function* play(call: ScriptedCall): AsyncGenerator<ModelEvent> {
    const signal = begin(call.options);
    const said = typeof call.request.maxTokens === 'number' ? call.request.maxTokens : defaultMaxTokens(call);
    const read = tokensOf(promptText(call)).length;
    const answer = answerSteps(reply(call), { limit: said, stop: call.request.stop ?? [] });
    const alternatives = call.kind === 'generate' ? call.request.logprobs : undefined;
    let written = 0;
    while (!signal.aborted) {
      const next = answer.next();
      if (next.done) {
        const { stop } = next.value;
        written = next.value.written;
        yield {
          type: 'finish',
          reason: next.value.reason,
          ...(stop !== undefined && { stop }),
          tokens: { read, reused: 0, written },
        };
        return;
      }
      written = next.value.written;
      if ('wait' in next.value) await (options.wait ?? waitReally)(next.value.wait, signal);
      else yield alternatives === undefined ? next.value.event : withLogprobs(next.value.event, alternatives);
      // Lets others run between two tokens, as a real model does.
      await Promise.resolve();
    }
    yield { type: 'finish', reason: 'aborted', tokens: { read, reused: 0, written } };
  }

  return {
    info,
    calls,
    async *generate(request, callOptions = {}) {
      need('generate');
      if (request.messages.some((message) => message.role === 'user' && (message.images?.length ?? 0) > 0)) need('see');
      yield* play({ kind: 'generate', request, options: callOptions });
    },
    async *infill(request, callOptions = {}) {
      need(request.raw === true ? 'generate' : 'infill');
      yield* play({ kind: 'infill', request, options: callOptions });
    },
    async embed(texts, callOptions = {}) {
      need('embed');
      await undefined;
      if (begin(callOptions).aborted) throw new NootropicError('ABORTED');
      return texts.map((text) => wordVector(text, info.dimensions));
    },
    async rerank(query, documents, callOptions = {}) {
      need('rerank');
      await undefined;
      if (begin(callOptions).aborted) throw new NootropicError('ABORTED');
      const asked = new Set(wordsOf(query));
      return documents.map((document) => wordsOf(document).filter((word) => asked.has(word)).length);
    },
    countTokens: async (what) => tokensOf(typeof what === 'string' ? what : messagesText(what)).length,
    async tokenize(text) {
      return tokensOf(text).map((token) => {
        const known = vocabulary.indexOf(token);
        return known >= 0 ? known : vocabulary.push(token) - 1;
      });
    },
    async detokenize(tokens) {
      return tokens
        .map((token) => {
          const text = vocabulary[token];
          if (text === undefined) throw new NootropicError('INPUT_INVALID', `${token} is no token of this model.`);
          return text;
        })
        .join('');
    },
    [Symbol.asyncDispose]() {
      disposal.abort();
      return Promise.resolve();
    },
  };
}

const defaultInfo: ModelInfo = {
  ref: 'scripted:model',
  name: 'scripted',
  can: everything,
  contextLength: 8192,
  dimensions: 32,
  local: true,
};

function defaultMaxTokens(call: ScriptedCall): number {
  return call.kind === 'generate' ? 1024 : 64;
}

function promptText(call: ScriptedCall): string {
  if (call.kind === 'infill')
    return call.request.raw === true ? call.request.prefix : `${call.request.prefix} ${call.request.suffix}`;
  return messagesText(call.request);
}

function messagesText({ messages }: PromptParts): string {
  return messages.map((message) => `${message.role} ${message.content}`).join('\n');
}

type Played = ({ readonly event: ModelEvent } | { readonly wait: number }) & { readonly written: number };

interface Ending {
  readonly reason: 'stop' | 'length' | 'tool-call';
  readonly stop?: string;
  readonly written: number;
}

interface Limits {
  readonly limit: number;
  readonly stop: readonly string[];
}

/** Nothing else could have been said: every token has the probability 1. */
function withLogprobs(event: ModelEvent, alternatives: number): ModelEvent {
  if (event.type !== 'text') return event;
  const said = { token: event.text, logprob: 0 };
  return { ...event, logprobs: [{ ...said, top: alternatives > 0 ? [said] : [] }] };
}

function* answerSteps(reply: ScriptedReply, { limit, stop }: Limits): Generator<Played, Ending> {
  const filter = createStopFilter(stop);
  let written = 0;
  let calls = 0;
  for (const step of typeof reply === 'string' ? [reply] : reply) {
    if (typeof step === 'string') {
      for (const token of tokensOf(step)) {
        if (written === limit) return { reason: 'length', written };
        written++;
        const { text, stopped, stop: found } = filter.push(token);
        if (text) yield { event: { type: 'text', text }, written };
        if (stopped) return { reason: 'stop', ...(found !== undefined && { stop: found }), written };
      }
    } else if ('reasoning' in step) {
      for (const text of tokensOf(step.reasoning)) {
        if (written === limit) return { reason: 'length', written };
        yield { event: { type: 'reasoning', text }, written: ++written };
      }
    } else if ('call' in step) {
      calls++;
      const call: ToolCall = {
        id: step.call.id ?? `call-${calls}`,
        name: step.call.name,
        arguments: step.call.arguments,
      };
      yield {
        event: { type: 'tool-call', call },
        written: (written += tokensOf(JSON.stringify(call.arguments)).length),
      };
    } else if ('wait' in step) yield { wait: step.wait, written };
    else if ('progress' in step) yield { event: { type: 'prompt-progress', ...step.progress }, written };
    else throw step.fail;
  }
  const rest = filter.end();
  if (rest) yield { event: { type: 'text', text: rest }, written };
  return { reason: calls > 0 ? 'tool-call' : 'stop', written };
}

function waitReally(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}

/** A word with the space before it is a token, as in most tokenizers; joined again they give the text. */
function tokensOf(text: string): string[] {
  return text.match(/\s*\S{1,12}|\s+/g) ?? [];
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Every word adds 1 to one of the dimensions, chosen by its FNV-1a hash (http://www.isthe.com/chongo/tech/comp/fnv/). */
function wordVector(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  for (const word of ['', ...wordsOf(text)]) {
    let hash = 0x811c9dc5;
    for (const character of word) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    const at = hash % dimensions;
    vector[at] = (vector[at] ?? 0) + 1;
  }
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
