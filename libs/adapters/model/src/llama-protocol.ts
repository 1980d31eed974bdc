import type {
  ErrorBody,
  GenerateRequest,
  InfillRequest,
  KvType,
  LogLevel,
  ModelAbility,
  ModelEvent,
  ModelRole,
  PromptParts,
  WorkClass,
} from '@nootropic/contracts';

/** What the host asks of a loaded model. */
export type ModelCall =
  | { readonly kind: 'generate'; readonly request: GenerateRequest }
  | { readonly kind: 'infill'; readonly request: InfillRequest }
  | { readonly kind: 'embed'; readonly texts: readonly string[] }
  | { readonly kind: 'rerank'; readonly query: string; readonly documents: readonly string[] }
  | { readonly kind: 'count'; readonly what: string | PromptParts }
  | { readonly kind: 'tokenize'; readonly text: string; readonly special: boolean }
  | { readonly kind: 'detokenize'; readonly tokens: readonly number[] };

export interface LoadCommand {
  readonly path: string;
  readonly role: ModelRole;
  readonly contextLength: number | undefined;
  readonly threads: number | undefined;
  readonly gpuLayers: number | undefined;
  readonly kvType: KvType | undefined;
  readonly sequences: number | undefined;
  /** Changes when the model's bytes do. */
  readonly identity: string;
}

/** Host to model process. Every `id` is used once; `model` is a number that the host gave at the load. */
export type ToModelProcess =
  | { readonly type: 'load'; readonly id: number; readonly model: number; readonly load: LoadCommand }
  | { readonly type: 'unload'; readonly id: number; readonly model: number }
  | {
      readonly type: 'call';
      readonly id: number;
      readonly model: number;
      readonly call: ModelCall;
      readonly workClass: WorkClass;
      readonly client: string;
      readonly session: string | undefined;
    }
  | { readonly type: 'status'; readonly id: number }
  | { readonly type: 'shrink'; readonly id: number; readonly step: 'caches' | 'contexts' }
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'ping' };

/** What a load found. */
export interface LoadedModel {
  readonly can: readonly ModelAbility[];
  readonly contextLength: number;
  readonly dimensions: number;
}

/**
 * Model process to host. A request with an `id` is answered by exactly one `done` or `failed`;
 * before it, a load may report `progress` and a generation `events`, the last of which is its `finish`.
 */
export type FromModelProcess =
  /** `gpu`: what computes beside the processor: `cuda`, `vulkan`, `metal`. */
  | { readonly type: 'ready'; readonly gpu: string | false }
  | { readonly type: 'progress'; readonly id: number }
  | { readonly type: 'events'; readonly id: number; readonly events: readonly ModelEvent[] }
  | { readonly type: 'done'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorBody }
  /** `busyMs`: how long the native code has been at its present unit of work, 0 when at none. */
  | { readonly type: 'pong'; readonly busyMs: number }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string };

/** One model as its process sees it; the answer to `status` is a list of these. */
export interface ModelStatus {
  readonly model: number;
  readonly busy: boolean;
  readonly sequences: number;
  readonly heldTokens: number;
  readonly kvType: KvType;
  readonly gpuLayers: number;
  readonly threads: number;
  /** Bytes that the process took for itself since before the load, the file's own pages not counted; absent where the system does not say. */
  readonly anonymous: number | undefined;
  readonly promptSpeed: number | undefined;
  readonly writeSpeed: number | undefined;
}

/** The child's side of the pipe. */
export interface ModelProcessChannel {
  send(message: FromModelProcess): void;
  onMessage(listener: (message: ToModelProcess) => void): void;
}
