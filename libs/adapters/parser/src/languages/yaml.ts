import { deepestKey, mostKeys } from '../key-limits.ts';
import type { LanguageSpec } from '../language-spec.ts';

/** A key as it is read: without quotes, on one line. */
export function keyName(written: string): string {
  return written
    .replace(/\s+/gu, ' ')
    .replace(/(^|\.)\s*(?:"([^"]*)"|'([^']*)')\s*(?=\.|$)/gu, '$1$2$3')
    .slice(0, 200)
    .trim();
}

export const yaml: LanguageSpec = {
  language: 'yaml',
  grammar: 'tree-sitter-yaml.wasm',
  dotted: keyName,
  // The grammar's reader writes beyond its memory from about 250 levels on; each level takes a column.
  breaking: /^[ \t?:-]{200}/mu,
  depth: deepestKey,
  most: mostKeys,
  query: `
(comment) @comment

(block_mapping_pair key: (_) @name value: (block_node) @body) @key
(block_mapping_pair key: (_) @name) @key
(flow_pair key: (_) @name) @key
(block_sequence) @sealed
(flow_sequence) @sealed

(block_mapping_pair) @border
(block_sequence_item) @border
`,
};
