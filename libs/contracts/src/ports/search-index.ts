import type { ImportInfo, Reference, SymbolInfo, SymbolKind } from '../passages.ts';

/** What the index knows of a file; enough to tell whether it changed. */
export interface IndexedFile {
  readonly path: string;
  /** Hex digest of the content. */
  readonly hash: string;
  readonly bytes: number;
  /** Modification time in milliseconds, as the file system gave it. */
  readonly mtimeMs: number;
  readonly language: string;
}

/** A piece of a file, symbol-sized. `hash` is of the text that is embedded, so equal chunks share a vector. */
export interface Chunk {
  readonly hash: string;
  readonly startLine: number;
  readonly endLine: number;
  /** Qualified name of the symbol that it is or belongs to; empty at top level. */
  readonly symbol: string;
  readonly kind?: SymbolKind;
  readonly signature: string;
  readonly doc: string;
  readonly text: string;
}

export interface IndexedFileContent {
  readonly file: IndexedFile;
  readonly chunks: readonly Chunk[];
  readonly symbols: readonly SymbolInfo[];
  readonly references: readonly Reference[];
  readonly imports: readonly ImportInfo[];
}

/** One batch of changes. It takes effect whole or not at all; a file in `upsert` replaces all that was known of its path. */
export interface IndexBatch {
  readonly upsert: readonly IndexedFileContent[];
  readonly remove: readonly string[];
  /** Vectors by chunk hash, for chunks that have none yet. All have the length the index was opened with. */
  readonly vectors: ReadonlyMap<string, Float32Array>;
}

export interface SearchFilter {
  /** Only paths that start with one of these. Default: all. */
  readonly paths?: readonly string[];
  readonly languages?: readonly string[];
  /** Only chunks that are, or belong to, a symbol of one of these kinds. Default: all. */
  readonly kinds?: readonly SymbolKind[];
}

/** What the parser found in one file. */
export interface FileFacts {
  readonly path: string;
  readonly language: string;
  readonly symbols: readonly SymbolInfo[];
  readonly references: readonly Reference[];
  readonly imports: readonly ImportInfo[];
}

export interface ChunkHit {
  readonly path: string;
  readonly chunk: Chunk;
  /** Higher is better; comparable within one result list only. */
  readonly score: number;
}

export interface IndexStats {
  readonly files: number;
  readonly chunks: number;
  readonly symbols: number;
  readonly vectors: number;
  readonly bytes: number;
  /** What holds the vectors: `exact`, `lancedb`. */
  readonly vectorStore: string;
}

/**
 * The stored index of one workspace. One writer at a time across programs: a second one reads, and its `apply` rejects with `STORE_BUSY`.
 * It never reads the workspace itself. Queries see whole batches only.
 */
export interface SearchIndex {
  /** Every file in the index. */
  files(): Promise<IndexedFile[]>;
  /** Of these chunk hashes, the ones that have no vector yet. */
  missingVectors(hashes: readonly string[]): Promise<string[]>;
  /** Chunks that have no vector yet, and the files that they belong to, in the order of their paths. */
  withoutVectors(): Promise<{ readonly chunks: number; readonly files: readonly string[] }>;
  apply(batch: IndexBatch): Promise<void>;
  /** Best first, at most `limit`. `text` takes plain words: no query syntax can make it fail. `vector` is cosine similarity. */
  query(
    query: { readonly text: string } | { readonly vector: Float32Array },
    limit: number,
    filter?: SearchFilter,
  ): Promise<ChunkHit[]>;
  /** Definitions by exact name: qualified, or its last part. Case matters. */
  symbols(name: string): Promise<SymbolInfo[]>;
  /** Places that name this last part of a qualified name, without the definition itself. */
  references(name: string): Promise<Reference[]>;
  /** What the parser found in these files; without paths, in all files, one file at a time, in the order of their paths. Files that are not indexed are left out. */
  facts(paths?: readonly string[]): AsyncIterable<FileFacts>;
  /** Sizes; with `optimize`, first merges fragments and drops vectors of chunks that are gone. */
  stats(options?: { readonly optimize?: boolean }): Promise<IndexStats>;
  [Symbol.asyncDispose](): Promise<void>;
}
