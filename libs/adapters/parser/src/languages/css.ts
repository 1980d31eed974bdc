import type { LanguageSpec } from '../language-spec.ts';

/** Longest selector that is kept as a name, in UTF-16 units. */
const selectorLimit = 200;

export const css: LanguageSpec = {
  language: 'css',
  grammar: 'tree-sitter-css.wasm',
  dotted: (written) => written.replace(/\s+/gu, ' ').slice(0, selectorLimit).trim(),
  query: `
(comment) @comment

(rule_set (selectors) @name (block) @body) @rule
(keyframes_statement (keyframes_name) @name (keyframe_block_list) @body) @rule
(declaration (property_name) @name (#match? @name "^--")) @variable

(import_statement (string_value) @from) @import
(import_statement (call_expression (arguments [(string_value) (plain_value)] @from))) @import

(stylesheet (_) @border)
(block (_) @border)
`,
};
