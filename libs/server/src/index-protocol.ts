import type { ErrorCode, IndexProgress } from '@nootropic/contracts';

/** What an index process is started with, as JSON in its first argument. */
export interface IndexProcessSettings {
  readonly root: string;
  /** Folder of the index. */
  readonly dir: string;
  /** Under which name vectors are kept. */
  readonly embedder: string;
  /** Reference of the model that makes them, where the process can load it itself. Otherwise it asks the host for vectors. */
  readonly ownModel?: string;
  readonly dimensions: number;
  readonly vectors: 'auto' | 'exact' | 'lancedb';
  readonly maxFileBytes: number;
}

export type ToIndexProcess =
  | {
      readonly type: 'run';
      readonly id: number;
      readonly rebuild: boolean;
      readonly only?: readonly string[];
    }
  | { readonly type: 'stop'; readonly id: number }
  /** Whether somebody waits, and what work in the background waits for. */
  | { readonly type: 'pace'; readonly inBackground: boolean; readonly waitsFor: string }
  | { readonly type: 'vectors'; readonly id: number; readonly vectors: readonly Float32Array[] }
  | { readonly type: 'no-vectors'; readonly id: number; readonly code: ErrorCode; readonly message: string };

export type FromIndexProcess =
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly id: number; readonly progress: IndexProgress }
  | { readonly type: 'ended'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly code: ErrorCode; readonly message: string }
  /** Asks for vectors of a model that the host holds. */
  | { readonly type: 'embed'; readonly id: number; readonly texts: readonly string[] }
  | { readonly type: 'warning'; readonly message: string };
