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
 * | `@call`, `@inherit`, `@use` | an identifier | a reference of that kind; of several on one node the strongest of inherit, call and use holds |
 * | `@bound` | an identifier | a name of its declaration alone (a type parameter): uses of it are no references |
 * | `@import` | a statement, or one name of a list | something is taken from another module |
 * | `@from` | in an import | the module as written, perhaps in several nodes side by side; without it the groups around name the module |
 * | `@imported`, `@alias` | in an import | a name that is taken, and what it is called here; a name inside `@from` is no part of the module |
 * | `@split` | in an import | the last part of `@from` is the name that is taken |
 * | `@default` | in an import | what the default export is called here |
 * | `@whole` | in an import | the module as a whole is taken too |
 * | `@relative` | in an import | the module is a path from the folder of this file, even without `./` |
 * | `@group`, `@prefix` | a node and a module path | the modules inside the node begin with the path (`use a::{b, c}`) |
 * | `@sealed` | a node | neither it nor anything inside is a symbol (a list in a data file) |
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
  /** What joins the parts of a module path. Default: `.`. */
  readonly separator?: string;
  /** Symbols nested deeper than this are left out. Default 16. */
  readonly depth?: number;
  /** A text that matches is taken as plain, since it would break the grammar. Must be fast on any text. */
  readonly breaking?: RegExp;
  /** Symbols of one text at most; where there are more, the deepest level is left out. Default: no limit. */
  readonly most?: number;
}
