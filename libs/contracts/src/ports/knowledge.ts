import type { ContextBlock, Reference, SearchHit, SymbolInfo } from '../passages.ts';
import type { IndexStats, SearchFilter } from './search-index.ts';

export interface GatherBudget {
  /** Tokens that all blocks together may take. */
  readonly tokens: number;
  /** Blocks at most. Default 12. */
  readonly blocks?: number;
}

export interface Gathered {
  readonly blocks: readonly ContextBlock[];
  /** Estimated tokens of all blocks. */
  readonly tokens: number;
}

export interface SkippedFile {
  readonly path: string;
  /** Why, in a few words: `binary`, `larger than 1 MB`, `may hold secrets`, `cannot be read`. Ignored files are not listed. */
  readonly reason: string;
}

/** How far an index run is; the last has `phase: 'done'`. Numbers count files but for `chunksEmbedded`. */
export interface IndexProgress {
  readonly phase: 'scan' | 'index' | 'done';
  readonly done: number;
  readonly total: number;
  readonly filesEmbedded: number;
  readonly filesRemoved: number;
  readonly chunksEmbedded: number;
  readonly skipped: readonly SkippedFile[];
  readonly tookMs: number;
}

export interface SymbolAnswer {
  readonly definition: SymbolInfo;
  readonly callers: readonly Reference[];
}

/**
 * What is known of one workspace. The context library is the real one; agents and reflexion see only this.
 * Every line range it gives lies inside the file as it was when last refreshed.
 */
export interface Knowledge {
  /**
   * Brings the index up to date with the tree: only files whose content changed are read into it.
   * One run at a time: a second caller joins the one that is under way. Stopping the iteration stops the run between two batches; nothing is lost.
   */
  refresh(options?: { readonly signal?: AbortSignal; readonly rebuild?: boolean }): AsyncIterable<IndexProgress>;
  /** The passages most worth showing for this question, best first, within the budget. */
  gather(query: string, budget: GatherBudget, signal?: AbortSignal): Promise<Gathered>;
  /** Best first, at most two per file. Default limit 10. */
  search(
    query: string,
    options?: { readonly limit?: number; readonly filter?: SearchFilter; readonly signal?: AbortSignal },
  ): Promise<SearchHit[]>;
  /** Definitions by name, each with the places that call it. */
  symbol(name: string): Promise<SymbolAnswer[]>;
  /** Lines of a file of the workspace, both ends included. Rejects with `PATH_OUTSIDE_ROOT`, `PATH_NOT_FOUND`, or `DENIED` for a file that holds secrets. */
  read(
    path: string,
    range?: { readonly startLine: number; readonly endLine: number },
  ): Promise<{ text: string; startLine: number; endLine: number; totalLines: number }>;
  /** Entries of a folder, folders with a final `/`, without what is ignored. */
  list(path: string): Promise<string[]>;
  stats(): Promise<IndexStats>;
  [Symbol.asyncDispose](): Promise<void>;
}
