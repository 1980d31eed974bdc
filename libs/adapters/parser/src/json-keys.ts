import type { SymbolInfo } from '@nootropic/contracts';
import type * as jsoncParser from 'jsonc-parser';
import { blankLineBorders } from './blank-line-borders.ts';
import { deepestKey, mostKeys, withinLimits } from './key-limits.ts';
import { createLineTable } from './line-table.ts';
import type { Structure } from './structure.ts';

/** The JSON reader: it takes comments, trailing commas, and what is left of a broken text. */
export type Jsonc = typeof jsoncParser;

/** Longest key that is kept in a name, and longest signature, in UTF-16 units. */
const keyLimit = 200;
const signatureLimit = 300;

/** Items and keys nested this deep at most are borders. */
const borderDepth = 3;

/** The tree of a JSON text, or undefined for one that is nested too deeply for the reader. */
export function readJson(text: string, jsonc: Jsonc): jsoncParser.Node | undefined {
  try {
    return jsonc.parseTree(text, undefined, { allowTrailingComma: true });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * The keys of a JSON text by their path (`compilerOptions.paths`), each with the lines of its value. Keys inside lists are left
 * out: they repeat for each item. Comments and trailing commas are taken; of a broken text what can be read.
 */
export function jsonStructure(path: string, text: string, jsonc: Jsonc): Structure {
  const root = /\.(?:jsonl|ndjson)$/iu.test(path) ? undefined : readJson(text, jsonc);
  if (!root) return { symbols: [], references: [], imports: [], borders: blankLineBorders(text) };
  const lines = createLineTable(text);
  const lineOf = (index: number): number => lines.lineOf(Math.min(index, Math.max(0, text.length - 1)));

  function keysOf(node: jsoncParser.Node, depth: number, enclosing: string): SymbolInfo[] {
    if (node.type !== 'object' || depth < 1) return [];
    return (node.children ?? []).flatMap((property) => {
      const [key, value] = property.children ?? [];
      const written = String(key?.value ?? '')
        .replace(/\s+/gu, ' ')
        .trim()
        .slice(0, keyLimit);
      if (written === '') return [];
      const name = enclosing === '' ? written : `${enclosing}.${written}`;
      const scalar = value !== undefined && value.type !== 'object' && value.type !== 'array';
      const end = property.offset + Math.max(1, property.length);
      const symbol: SymbolInfo = {
        path,
        name,
        kind: 'key',
        startLine: lineOf(property.offset),
        endLine: lineOf(end - 1),
        signature: scalar
          ? text.slice(property.offset, Math.min(end, property.offset + signatureLimit)).replace(/\s+/gu, ' ')
          : '',
        doc: '',
      };
      return [symbol, ...(value ? keysOf(value, depth - 1, name) : [])];
    });
  }

  const borders = new Set<number>();
  function addBorders(node: jsoncParser.Node, depth: number): void {
    for (const child of node.children ?? []) {
      borders.add(lineOf(child.offset));
      const inner = child.type === 'property' ? child.children?.[1] : child;
      if (inner && depth < borderDepth) addBorders(inner, depth + 1);
    }
  }
  borders.add(lineOf(root.offset));
  addBorders(root, 1);
  return {
    ...withinLimits({ depth: deepestKey, most: mostKeys }, (depth) => ({ symbols: keysOf(root, depth, '') })),
    references: [],
    imports: [],
    borders: [...borders].sort((a, b) => a - b),
  };
}
