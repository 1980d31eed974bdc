export { createTreeSitterParser, type TreeSitterParserOptions } from './tree-sitter-parser.ts';
export { createParserPool, type ParserPool, type ParserPoolOptions } from './parser-pool.ts';
export { runParserWorker, type ParserWorkerOptions } from './parser-worker.ts';
export { maxTextBytes } from './text-limit.ts';
export { grammarFiles, installedGrammar, type GrammarFile } from './grammar-files.ts';
export { createBashShellParser, type BashShellParserOptions } from './shell-parser.ts';
