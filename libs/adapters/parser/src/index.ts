export { createTreeSitterParser, maxTextBytes, type TreeSitterParserOptions } from './tree-sitter-parser.ts';
export { grammarFiles, installedGrammar, type GrammarFile } from './grammar-files.ts';
