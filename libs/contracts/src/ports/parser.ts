import type { ImportInfo, Reference, SymbolInfo } from '../passages.ts';

/** A place where a text does not follow the grammar of its language. */
export interface SyntaxFault {
  /** 1-based. */
  readonly line: number;
  /** What stands there, on one line and cut to some 80 characters; or what is missing: `missing }`. */
  readonly text: string;
}

export interface ParsedSource {
  readonly language: string;
  /** In order of their first line; nested symbols follow the one that holds them. */
  readonly symbols: readonly SymbolInfo[];
  readonly references: readonly Reference[];
  readonly imports: readonly ImportInfo[];
  /** 1-based lines at which a statement (or a paragraph) starts: where a long symbol may be split. Ascending. */
  readonly borders: readonly number[];
  /** At most 20, in the order of their lines; absent where there is none, and for languages without a grammar. A grammar may not know the newest syntax. */
  readonly errors?: readonly SyntaxFault[];
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

/** One simple command found in a shell line, wherever it stands: in a pipe, a list, a substitution, a function, a heredoc, or as the argument of a program that runs programs. */
export interface ShellCommand {
  /** The words with quotes taken away; `undefined` for one whose value only the shell knows (`$X`, `$(…)`, a glob is kept as it is written). */
  readonly words: readonly (string | undefined)[];
  /** Variables that are set before it, for it alone or, without words, for the shell. */
  readonly assigns: readonly string[];
  /** Files that it is made to write or read by redirection; `undefined` where only the shell knows. */
  readonly redirects: readonly { readonly mode: 'read' | 'write'; readonly target: string | undefined }[];
  /** The programs that run this one, outermost first: `sudo`, `xargs`, `sh -c`. Empty when the shell does. */
  readonly wrappers: readonly string[];
}

export interface ShellLine {
  /** False where some part was not understood: nothing may then be concluded from `commands`. */
  readonly complete: boolean;
  /** In the order in which they are written. */
  readonly commands: readonly ShellCommand[];
  /** What was not understood, in a few words. */
  readonly unclear: readonly string[];
}

/** Takes a line for `sh` or `bash` apart. Never fails on the line itself, and runs nothing. */
export interface ShellParser {
  commands(line: string): Promise<ShellLine>;
}
