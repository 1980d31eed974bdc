import type { ContextBlock, Reference, SearchHit, SymbolInfo } from '../passages.ts';
import type { IndexStatus } from '../index-status.ts';
import type { WorkClass } from './model.ts';
import type { LeftOut } from '../sources.ts';
import type { IndexStats, SearchFilter } from './search-index.ts';

export interface GatherBudget {
  /** Tokens that all blocks together may take. */
  readonly tokens: number;
  /** Blocks at most. Default 12; signatures and types of what the question is about come on top of them. */
  readonly blocks?: number;
  /** The tokenizer of the model that is to read them. It is asked a few dozen times. Default: an estimate on the high side. */
  readonly countTokens?: (text: string) => number | Promise<number>;
}

export interface Gathered {
  readonly blocks: readonly ContextBlock[];
  /** Tokens of all blocks with their headings; never above the budget. Estimated where no tokenizer was given. */
  readonly tokens: number;
  /** What the question calls for and found no room, the most wanted first; at most 50. */
  readonly leftOut: readonly LeftOut[];
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
  /** Of the last one all that were left out; before it, a part of them. */
  readonly skipped: readonly SkippedFile[];
  readonly tookMs: number;
}

export interface SymbolAnswer {
  readonly definition: SymbolInfo;
  readonly callers: readonly Reference[];
}

/** `plain` takes words in any order; `exact` a string as it stands; `regex` a regular expression of JavaScript with the flags `u` and, unless it has capitals, `i`. */
export type SearchMode = 'plain' | 'exact' | 'regex';

/**
 * A question to the graph of symbols. A `symbol` is a qualified name, or its last part where that is unambiguous; `path:name` and `path:line` choose a file.
 * `callers` and `callees` are one step unless `depth` says more; `impact` is everything that may change behaviour when the symbol does:
 * callers of callers, subclasses, their tests, and files that change together with its own; `path` is the shortest chain of calls and uses to `to`.
 */
export interface GraphQuery {
  readonly ask: 'callers' | 'callees' | 'impact' | 'tests' | 'path';
  readonly symbol: string;
  /** Of `path` only. */
  readonly to?: string;
  /** Steps at most. Default 1 for callers and callees, 2 for tests, 3 for impact, 8 for path. */
  readonly depth?: number;
  /** Results at most. Default 100. */
  readonly limit?: number;
}

/** How sure an edge is: through an import or the same file, or only by a name that several symbols bear. */
export type EdgeStrength = 'resolved' | 'name';

export interface GraphNode {
  /** With an empty name: the file as a whole. */
  readonly symbol: SymbolInfo;
  /** Steps from the symbol asked about. */
  readonly depth: number;
  /** Why it is here, seen from it: `calls`, `called by`, `uses`, `used by`, `derives from`, `base of`, `tests`, `changes with`; empty for the start of a path. */
  readonly relation: string;
  readonly strength: EdgeStrength;
  /** The place that makes the edge; absent where it is a file as a whole. */
  readonly at?: Reference;
}

export interface GraphAnswer {
  /** What the name was taken to mean: several where it is ambiguous, none where it is unknown. */
  readonly symbols: readonly SymbolInfo[];
  /** Nearest first; for `path`, the chain in order. */
  readonly nodes: readonly GraphNode[];
  /** Files that often change together with the symbol's own, by the share of its commits in which they do, and who last changed the symbol. */
  readonly history?: {
    readonly changesWith: readonly { readonly path: string; readonly share: number }[];
    readonly lastChange?: {
      readonly author: string;
      readonly at: string;
      readonly commit: string;
      readonly message: string;
    };
  };
  readonly truncated: boolean;
  /** Of the names asked for, the one that is unknown or ambiguous; `symbols` are then what it may mean. */
  readonly unclear?: string;
  /** Names like it, where it is unknown. */
  readonly near?: readonly string[];
}

/** The most important files and symbols for a focus, as an outline that fits a budget. */
export interface RepoMap {
  readonly text: string;
  readonly tokens: number;
  readonly files: readonly { readonly path: string; readonly rank: number; readonly symbols: readonly SymbolInfo[] }[];
  readonly filesLeftOut: number;
  /** What of the focus is no path and no symbol. */
  readonly unknownFocus?: readonly string[];
}

/**
 * What is known of one workspace. The context library is the real one; agents and reflexion see only this.
 * Every line range it gives lies inside the file as it was when last refreshed.
 */
export interface Knowledge {
  /**
   * Brings the index up to date with the tree: only files whose content changed are read into it.
   * One run at a time: a second caller joins the one that is under way. Stopping the iteration stops the run between two batches; nothing is lost.
   * Where changes are watched, only what changed since the last run is looked at. With `background` nobody waits for the run, which then may
   * pause for as long as a person waits for something else, power comes from a battery, or memory is short.
   */
  refresh(options?: {
    readonly signal?: AbortSignal;
    readonly rebuild?: boolean;
    readonly background?: boolean;
  }): AsyncIterable<IndexProgress>;
  /**
   * The passages most worth showing for this question, best first, within the budget: where the question is about one symbol or file, that one
   * whole, then the types in its signature, the signatures of what it calls and what calls it, and its tests; then what a search finds.
   * The same index and question give the same blocks in the same order.
   */
  gather(query: string, budget: GatherBudget, signal?: AbortSignal): Promise<Gathered>;
  /**
   * Best first. Default limit 10. In plain mode at most two per file, and the query understands `path:`, `lang:`, `symbol:` and `kind:`, which
   * narrow the filter; with `-` before them they exclude. `exact` and `regex` look at the tree itself, so that they also find what is not indexed
   * yet, and give every line that matches, source before tests and documents; an invalid regular expression rejects with `INPUT_INVALID`.
   * A path of the filter with `*` or `?` is a pattern. With `explain`, each result carries its signals, whose parts add up to its score.
   */
  search(
    query: string,
    options?: {
      readonly limit?: number;
      readonly filter?: SearchFilter;
      readonly mode?: SearchMode;
      readonly explain?: boolean;
      /** What waits for the answer; models that help to find it work in this class. Default `chat`. */
      readonly workClass?: WorkClass;
      /** Is told in one sentence what worked in a lesser way than asked, each once. Default: nobody is. */
      readonly onNotice?: (text: string) => void;
      readonly signal?: AbortSignal;
    },
  ): Promise<SearchHit[]>;
  /** Who calls, what is called, what is touched by a change. Never rejects for a name that is not known. */
  graph(query: GraphQuery, signal?: AbortSignal): Promise<GraphAnswer>;
  /** An outline of what matters most, or matters most to the paths and symbols in `focus`. The same index and focus give the same map. Default 1024 tokens. */
  map(options?: {
    readonly tokens?: number;
    readonly focus?: readonly string[];
    readonly signal?: AbortSignal;
  }): Promise<RepoMap>;
  /** Definitions by name, each with the places that call it. */
  symbol(name: string): Promise<SymbolAnswer[]>;
  /** Lines of a file of the workspace, both ends included. Rejects with `PATH_OUTSIDE_ROOT`, `PATH_NOT_FOUND`, or `DENIED` for a file that holds secrets. */
  read(
    path: string,
    range?: { readonly startLine: number; readonly endLine: number },
  ): Promise<{ text: string; startLine: number; endLine: number; totalLines: number }>;
  /** Entries of a folder, folders with a final `/`, without what is ignored. */
  list(path: string): Promise<string[]>;
  /**
   * Files whose path holds the letters of each word of the query in their order, best first; without a word, those changed last. Secrets and ignored
   * files are not among them. Answers from what is known of the tree and waits for no index. Default limit 20.
   */
  find(query: string, options?: { readonly limit?: number; readonly signal?: AbortSignal }): Promise<string[]>;
  /**
   * What the model should know that completes this file at the end of `before`, and whether it may: `leftOut` says why not. Answers from the index as it is,
   * for files also that it does not know. Definitions of what the text imports and uses, in the same order for the same text; none where that takes
   * longer than `ms`, by default 5: they come with a later question then.
   */
  around(
    place: { readonly path: string; readonly before: string },
    options?: { readonly ms?: number },
  ): Promise<{ readonly leftOut?: string; readonly definitions: readonly SymbolInfo[] }>;
  stats(): Promise<IndexStats>;
  /**
   * Lets the index rest, or go on. While it rests nothing is read: a run that is under way ends, changes are remembered, and `refresh` ends at once and
   * says so; what is indexed is found as before. Resolves when the run has ended. Lasts until it is let go on, or this is disposed.
   */
  pause(paused: boolean): Promise<void>;
  /** How the index is: what it holds, what it left out and why, what it does and what it waits for. `skippedFiles` lists every file left out. */
  status(options?: { readonly skippedFiles?: boolean }): Promise<IndexStatus>;
  [Symbol.asyncDispose](): Promise<void>;
}
