import type { ImportInfo, Reference, SymbolInfo } from '../passages.ts';

export interface ParsedSource {
  readonly language: string;
  /** In order of their first line; nested symbols follow the one that holds them. */
  readonly symbols: readonly SymbolInfo[];
  readonly references: readonly Reference[];
  readonly imports: readonly ImportInfo[];
  /** 1-based lines at which a statement (or a paragraph) starts: where a long symbol may be split. Ascending. */
  readonly borders: readonly number[];
}

/**
 * Reads the structure of source text. Never fails on the text itself: broken code gives what can be made of it,
 * an unknown language gives no symbols and the borders of blank lines. Pure: reads no file but its own grammars.
 */
export interface Parser {
  /** The language of a path by its name, or `undefined` when it is not source text that is known. */
  language(path: string): string | undefined;
  /** Rejects only with `ABORTED`, or `INPUT_INVALID` when the text is over 5 MB or was given up: it took too much time or memory, or ended the process that read it. */
  parse(path: string, text: string, signal?: AbortSignal): Promise<ParsedSource>;
  [Symbol.asyncDispose](): Promise<void>;
}
