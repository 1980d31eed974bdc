import type { Message, ToolCall, ToolSpec } from '../messages.ts';

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
}

export interface GenerateRequest {
  readonly messages: readonly Message[];
  /** Tools the model may call. Default none. */
  readonly tools?: readonly ToolSpec[];
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
}

export interface InfillRequest {
  /** The text before the cursor. */
  readonly prefix: string;
  /** The text after the cursor. */
  readonly suffix: string;
  /** Default 64. */
  readonly maxTokens?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
}

/** Token counts of one call. `reused` prompt tokens were still in the model's memory. */
export interface TokenCounts {
  readonly read: number;
  readonly reused: number;
  readonly written: number;
}

/** What a generation yields, in order; the last is always `finish`, also after an abort. A failure is a throw of a `NootropicError`. */
export type ModelEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'tool-call'; readonly call: ToolCall }
  /** Prompt tokens evaluated so far, of how many. Sent during a long prompt, so that silence always means trouble. */
  | { readonly type: 'prompt-progress'; readonly done: number; readonly total: number }
  | {
      readonly type: 'finish';
      readonly reason: 'stop' | 'length' | 'tool-call' | 'aborted';
      readonly tokens: TokenCounts;
    };

export type ModelAbility = 'generate' | 'tools' | 'json-schema' | 'infill' | 'embed' | 'rerank';

export interface ModelInfo {
  /** The reference that finds this model again: `file:/models/a.gguf`, `ollama:qwen3`, `openai:name@http://…/v1`, `builtin:embedder`. */
  readonly ref: string;
  /** What to call it on a screen. */
  readonly name: string;
  readonly can: readonly ModelAbility[];
  /** Tokens that fit into one request, prompt and answer together. 0 when not known. */
  readonly contextLength: number;
  /** Length of an embedding; 0 when it cannot embed. */
  readonly dimensions: number;
  /** True when every byte stays on this machine. */
  readonly local: boolean;
}

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
  embed(texts: readonly string[], options?: CallOptions): Promise<Float32Array[]>;
  /** One score per document, in order, higher is better; comparable within one call only. */
  rerank(query: string, documents: readonly string[], options?: CallOptions): Promise<number[]>;
  /** Tokens of this text. Exact where the tokenizer is at hand; otherwise an estimate on the high side. */
  countTokens(text: string): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Bytes a model needs, by what they are for. An estimate made before loading. */
export interface MemoryEstimate {
  readonly weights: number;
  readonly kvCache: number;
  readonly compute: number;
  readonly total: number;
}

export interface LoadOptions {
  readonly signal?: AbortSignal;
  /** Tokens of context to make room for. Default: what the model was trained on, at most 8192. */
  readonly contextLength?: number;
  /** Threads while computing. Default: the physical cores that are free, at least 1. */
  readonly threads?: number;
  /** What the model is for. An embedding model is loaded without a generation context. Default `chat`. */
  readonly role?: ModelRole;
}

export const modelRoles = ['chat', 'completion', 'embedding', 'reranking'] as const;
export type ModelRole = (typeof modelRoles)[number];

export type RuntimeState = 'idle' | 'ready' | 'restarting' | 'degraded';

export interface RuntimeHealth {
  readonly state: RuntimeState;
  /** Unexpected ends of the runtime's process since start. */
  readonly crashes: number;
  readonly detail: string;
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
  health(): RuntimeHealth;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A model file that was imported. */
export interface StoredModel {
  readonly name: string;
  readonly ref: string;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly architecture: string;
  readonly contextLength: number;
  readonly role: ModelRole;
  /** Milliseconds since 1970. */
  readonly importedAt: number;
}

/** The model files under the program's own folder. A file is checked before it enters, and enters whole or not at all. */
export interface ModelStore {
  list(): Promise<StoredModel[]>;
  /** By name or unique start of a name. Rejects with `MODEL_NOT_FOUND`. */
  show(name: string): Promise<StoredModel>;
  /**
   * Takes a GGUF file in: checked, hashed, then linked where the file system can (so that it costs no disk) or copied.
   * Importing the same bytes again gives the same entry. Rejects with `PATH_NOT_FOUND`, `MODEL_FILE_INVALID` or `DISK_FULL`.
   */
  import(
    path: string,
    options?: { readonly signal?: AbortSignal; readonly onProgress?: (done: number, total: number) => void },
  ): Promise<StoredModel>;
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
  /** Tokens the job still wants to evaluate in this unit's phase. */
  readonly tokens: number;
}

export interface ComputeLease {
  /** Tokens this unit may evaluate, at least 1 and at most what was asked for. */
  readonly tokens: number;
  /** Ends the unit. `evaluated`: tokens it really took; default all of them. A second call does nothing. */
  release(evaluated?: number): void;
}
