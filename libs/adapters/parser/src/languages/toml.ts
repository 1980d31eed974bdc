import { deepestKey, mostKeys } from '../key-limits.ts';
import type { LanguageSpec } from '../language-spec.ts';
import { keyName } from './yaml.ts';

const key = '[(bare_key) (dotted_key) (quoted_key)]';

export const toml: LanguageSpec = {
  language: 'toml',
  grammar: 'tree-sitter-toml.wasm',
  dotted: keyName,
  depth: deepestKey,
  most: mostKeys,
  query: `
(comment) @comment

(table . ${key} @name . (pair) @body) @key
(table . ${key} @name) @key
(table_array_element . ${key} @name . (pair) @body) @key
(table_array_element . ${key} @name) @key
(pair . ${key} @name (_) @value) @key
(table_array_element (pair) @sealed)
(array) @sealed

(document (_) @border)
(table (pair) @border)
(table_array_element (pair) @border)
(array (_) @border)
`,
};
