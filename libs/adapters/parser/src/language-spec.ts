import type { GrammarFile } from './grammar-files.ts';

/**
 * What the engine must know about one language: its grammar and one tree-sitter query.
 *
 * The captures of the query mean:
 *
 * | capture | on | meaning |
 * |---|---|---|
 * | any symbol kind (`@function`, `@class`, …) | a declaration | it is a symbol; of several patterns on one node the first in the query wins |
 * | `@scope` | a node | qualifies the names inside it without being a symbol (`impl Foo`) |
 * | `@name` | in a symbol or scope | its name as written |
 * | `@owner` | in a symbol | a qualifier written apart from the name (the receiver of a Go method) |
 * | `@body` | in a symbol | where the signature ends |
 * | `@value` | in a constant | where the signature ends if the value takes several lines |
 * | `@wrapper`, `@wrapped` | a node and its child | the child's range and doc comment are the wrapper's (`export`) |
 * | `@comment`, `@decorator` | a node | may stand directly above a declaration |
 * | `@documented`, `@docstring` | a symbol and a string | the string is the symbol's doc |
 * | `@call` | an identifier | a reference |
 * | `@border` | a statement | a place where a long symbol may be split |
 *
 * The query language: https://tree-sitter.github.io/tree-sitter/using-parsers/queries/
 */
export interface LanguageSpec {
  /** The language's id, as it appears in `ParsedSource.language`. */
  readonly language: string;
  readonly grammar: GrammarFile;
  readonly query: string;
  /** Turns a name as written into its dotted form. Default: `::` becomes `.`. An empty result drops the symbol. */
  readonly dotted?: (written: string) => string;
}
