import type { Message, ToolCall, ToolSpec } from '../messages.ts';
import type { KvType, MemoryEstimate, ModelInfo, ModelRole, RunningModel } from '../models.ts';

/** What waits for the result. It decides the order of work; see the scheduler's README for each class's deadline. */
export const workClasses = ['completion', 'chat', 'agent', 'embed', 'batch'] as const;
export type WorkClass = (typeof workClasses)[number];

export interface CallOptions {
  /** Ends the call as soon as the runtime can; the stream then ends with a `finish` of reason `aborted`, a promise rejects with `ABORTED`. */
  readonly signal?: AbortSignal;
  /** Default `chat`. */
  readonly workClass?: WorkClass;
  /** Who asks, for the fair share between programs. Default `local`. */
  readonly client?: string;
  /**
   * The conversation that the call belongs to. A runtime that keeps what a model has read keeps it under this name, also over a restart,
   * so that the next call of the conversation reads only what is new. Default: the runtime finds the longest common beginning by itself.
   */
  readonly session?: string;
}

export interface EmbedOptions extends CallOptions {
  /** What the texts are: questions, or passages that questions look for. Models that were trained for search treat the two differently. Default `document`. */
  readonly kind?: 'query' | 'document';
}

export interface GenerateRequest {
  readonly messages: readonly Message[];
  /** Tools the model may call. Default none. */
  readonly tools?: readonly ToolSpec[];
  /**
   * Names of those tools that a message announces, since they came after the conversation began: they may be called like the others, but
   * the beginning of the prompt does not name them, so that it stays as it was read. A runtime that cannot keep the two apart names all. Default none.
   */
  readonly announcedTools?: readonly string[];
  /**
   * Values that exist, by tool and by parameter: paths and symbols for example. A runtime that writes calls under a grammar allows no others there;
   * one that does not leaves them out of account. The prompt never shows them, so they may differ from call to call. Default: any value.
   */
  readonly constrain?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** Tokens to generate at most. Default: what is left of the context, at most 1024. */
  readonly maxTokens?: number;
  /** 0 is greedy. Default 0.2. */
  readonly temperature?: number;
  /** Same seed, same prompt, same model, same machine: same text. Default: not fixed. */
  readonly seed?: number;
  /** Generation ends before any of these would be shown. */
  readonly stop?: readonly string[];
  /** A JSON Schema that the whole answer must meet. Not every model can: see `ModelInfo.can`. */
  readonly jsonSchema?: Readonly<Record<string, unknown>>;
  /** Only the most likely tokens that together have this probability are sampled from. Default 0.95. */
  readonly topP?: number;
  /** Only this many of the most likely tokens are sampled from. Default 40. */
  readonly topK?: number;
  /** Only tokens at least this likely, as a share of the likeliest, are sampled from. Default 0. */
  readonly minP?: number;
  /** Tokens that the model may think before it answers; 0: none. Default: as many as it likes. */
  readonly thinkingTokens?: number;
  /** With each piece of text, the probabilities of its tokens and of this many alternatives, 0 to 20. Default: none are given. */
  readonly logprobs?: number;
  /**
   * Whether tokens are guessed from what the prompt says after the same words, and several checked at once (prompt-lookup decoding):
   * the same text, sooner, where an answer repeats its prompt. Default `auto`: while it pays.
   */
  readonly lookup?: 'auto' | 'off';
}

/** The parts of a request that its prompt is made of. */
export type PromptParts = Pick<GenerateRequest, 'messages' | 'tools' | 'announcedTools' | 'jsonSchema'>;

export interface InfillRequest {
  /** The text before the cursor. */
  readonly prefix: string;
  /** The text after the cursor. */
  readonly suffix: string;
  /**
   * What fills the gap begins with this, and the answer goes on from it: as a rule the line of the cursor so far. It is read last where the model
   * allows that, so that the next key reads only what is new. Not with `raw`. Default: nothing.
   */
  readonly begun?: string;
  /** Parts of other files, read before the prefix, the last of them first where not all fit. Not with `raw`. */
  readonly extra?: readonly { readonly name?: string; readonly text: string }[];
  /** The model goes on from the prefix with no tokens of a gap around it; any model that generates can, and the suffix is not read. Default false. */
  readonly raw?: boolean;
  /** 0, the default, is greedy. */
  readonly temperature?: number;
  readonly topP?: number;
  /** Default 64. */
  readonly maxTokens?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
}

/** A token and the natural logarithm of its probability. */
export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  /** The likeliest tokens in its place, itself perhaps among them, likeliest first. */
  readonly top: readonly { readonly token: string; readonly logprob: number }[];
}

/** Token counts of one call. `reused` prompt tokens were still in the model's memory. */
export interface TokenCounts {
  readonly read: number;
  readonly reused: number;
  readonly written: number;
}

/** What a generation yields, in order; the last is always `finish`, also after an abort. A failure is a throw of a `NootropicError`. */
export type ModelEvent =
  | { readonly type: 'text'; readonly text: string; readonly logprobs?: readonly TokenLogprob[] }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'tool-call'; readonly call: ToolCall }
  /** Prompt tokens evaluated so far, of how many. Sent during a long prompt, so that silence always means trouble. */
  | {
      readonly type: 'prompt-progress';
      readonly done: number;
      readonly total: number;
      /** Of the total, what need not be read since the model still holds it; in the first such event, where it is known. */
      readonly reused?: number;
    }
  | {
      readonly type: 'finish';
      readonly reason: 'stop' | 'length' | 'tool-call' | 'aborted';
      /** The stop text that ended it, where one did and the runtime says so. */
      readonly stop?: string;
      readonly tokens: TokenCounts;
    };

/**
 * One loaded model. Calls may overlap; the runtime orders them.
 *
 * A method that the model cannot serve (see `info.can`) rejects with `MODEL_UNSUPPORTED`.
 * Disposing frees the memory and ends running calls with `ABORTED`; disposing twice is fine.
 * Only `core` gives a `Model` to callers: it puts the scheduler in front of what a runtime loaded.
 */
export interface Model {
  readonly info: ModelInfo;
  /** Generates an answer. Never silent for more than a few seconds: a long prompt yields `prompt-progress`. */
  generate(request: GenerateRequest, options?: CallOptions): AsyncIterable<ModelEvent>;
  /** Fills the gap between prefix and suffix, for models trained to. */
  infill(request: InfillRequest, options?: CallOptions): AsyncIterable<ModelEvent>;
  /** One unit-length vector of `info.dimensions` numbers per text, in order. An empty list gives an empty list. */
  embed(texts: readonly string[], options?: EmbedOptions): Promise<Float32Array[]>;
  /** One score per document, in order, higher is better; comparable within one call only. */
  rerank(query: string, documents: readonly string[], options?: CallOptions): Promise<number[]>;
  /**
   * Tokens of this text, or of a prompt as the model reads it, with its template and its tools.
   * Exact where the tokenizer is at hand (a server's template is not known: there a prompt is the text of its parts); otherwise an estimate on the high side.
   */
  countTokens(what: string | PromptParts): Promise<number>;
  /**
   * The tokens of this text by their numbers. Rejects with `MODEL_UNSUPPORTED` where the tokenizer is not at hand.
   * `special`: names of special tokens stand for these; where the tokenizer is a server's, that is the server's choice. Default false.
   */
  tokenize(text: string, options?: { readonly special?: boolean }): Promise<readonly number[]>;
  detokenize(tokens: readonly number[]): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface LoadOptions {
  readonly signal?: AbortSignal;
  /** Tokens of context to make room for. Default: what the model was trained on, at most 8192. */
  readonly contextLength?: number;
  /** Threads while computing. Default: the physical cores that are free, at least 1. */
  readonly threads?: number;
  /** What the model is for. An embedding model is loaded without a generation context. Default `chat`. */
  readonly role?: ModelRole;
  /** How keys and values are kept. Default `f16`. */
  readonly kvType?: KvType;
  /** Layers on the GPU. Default: as many as fit, 0 without one. */
  readonly gpuLayers?: number;
  /** Conversations kept in memory at once, each with a context of `contextLength`. Default 1. */
  readonly sequences?: number;
}

export type RuntimeState = 'idle' | 'ready' | 'restarting' | 'degraded';

export interface RuntimeHealth {
  readonly state: RuntimeState;
  /** Unexpected ends of the runtime's process since start. */
  readonly crashes: number;
  readonly detail: string;
  /** Of the runtime's own process on this machine, while it runs. */
  readonly pid?: number;
  /** The models it holds in this machine's memory. */
  readonly models: readonly Omit<RunningModel, 'planned'>[];
}

/**
 * A way to run models: llama.cpp in a child process, an Ollama server, a server that speaks the OpenAI protocol.
 *
 * `load` is single-flight per reference: two callers share one load. It rejects with `MODEL_NOT_FOUND`,
 * `MODEL_FILE_INVALID`, `MODEL_LOAD_FAILED`, `MODEL_UNREACHABLE` or `MODEL_DEGRADED`, never hangs, and never takes the caller's process down.
 */
export interface ModelRuntime {
  /** The part of a reference before the colon: `file`, `ollama`, `openai`, `builtin`. */
  readonly scheme: string;
  load(ref: string, options?: LoadOptions): Promise<Model>;
  /** What loading would need, without loading. Zeros where the memory is not this machine's. */
  estimate(ref: string, options?: LoadOptions): Promise<MemoryEstimate>;
  /** Models this runtime could load now without being told more. Empty when its server does not answer. */
  list(): Promise<ModelInfo[]>;
  /** Never rejects, and answers at once: what is not known yet is left out. */
  health(): Promise<RuntimeHealth>;
  /**
   * Gives memory back without unloading, and says how many bytes. `caches`: what conversations that are not running have read is written to
   * the disk and let go. `contexts`: idle models also give up the memory of their contexts, and take it again at their next call.
   * Nothing that a running call needs is touched.
   */
  shrink(step: 'caches' | 'contexts'): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Asks for the one compute token of a device before each unit of work (a prompt chunk, some decode steps) and gives it back after.
 * The step loop of the scheduler implements it; a runtime's process calls it. `release` reports what the unit took.
 */
export interface ComputeGate {
  acquire(unit: ComputeUnit, signal?: AbortSignal): Promise<ComputeLease>;
}

export interface ComputeUnit {
  readonly jobId: string;
  readonly workClass: WorkClass;
  readonly client: string;
  readonly kind: 'prefill' | 'decode' | 'embed';
  /** Prompt tokens that need not be read because the model still holds them: work that is cheap now goes before its equals. Default 0. */
  readonly held?: number;
  /** Units of one group can be computed together, where the device gains by that: the sequences of one context. */
  readonly group?: string;
  /** Tokens the job still wants to evaluate in this unit's phase. */
  readonly tokens: number;
}

export interface ComputeLease {
  /** Tokens this unit may evaluate, at least 1 and at most what was asked for. */
  readonly tokens: number;
  /** Ends the unit. `evaluated`: tokens it really took; default all of them. A second call does nothing. */
  release(evaluated?: number): void;
}

/** The header of a GGUF file: all that is needed to say what loading it would take. */
export interface GgufHeader {
  readonly architecture: string;
  /** The header's values by their full keys, `llama.block_count` for example. 64-bit numbers may be bigint. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Bytes of all tensors. */
  readonly tensorBytes: number;
  /** Tokens of the vocabulary. */
  readonly vocabulary: number;
  /** Every tensor: its type as GGUF names it (`Q4_K`, `F32`), its numbers and its bytes. Absent where only a catalogue knows the model. */
  readonly tensors?: readonly {
    readonly name: string;
    readonly type: string;
    readonly numbers: number;
    readonly bytes: number;
  }[];
}
