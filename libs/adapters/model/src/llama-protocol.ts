import type {
  ErrorBody,
  GenerateRequest,
  InfillRequest,
  LogLevel,
  ModelAbility,
  ModelEvent,
  ModelRole,
  WorkClass,
} from '@nootropic/contracts';

/** What the host asks of a loaded model. */
export type ModelCall =
  | { readonly kind: 'generate'; readonly request: GenerateRequest }
  | { readonly kind: 'infill'; readonly request: InfillRequest }
  | { readonly kind: 'embed'; readonly texts: readonly string[] }
  | { readonly kind: 'rerank'; readonly query: string; readonly documents: readonly string[] }
  | { readonly kind: 'count'; readonly text: string };

export interface LoadCommand {
  readonly path: string;
  readonly role: ModelRole;
  readonly contextLength: number | undefined;
  readonly threads: number | undefined;
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
    }
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
 * before it, a load may report `progress` and a generation `event`s, the last of which is its `finish`.
 */
export type FromModelProcess =
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly id: number }
  | { readonly type: 'event'; readonly id: number; readonly event: ModelEvent }
  | { readonly type: 'done'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorBody }
  /** `busyMs`: how long the native code has been at its present unit of work, 0 when at none. */
  | { readonly type: 'pong'; readonly busyMs: number }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string };

/** The child's side of the pipe. */
export interface ModelProcessChannel {
  send(message: FromModelProcess): void;
  onMessage(listener: (message: ToModelProcess) => void): void;
}
