import type { SymbolInfo } from '@nootropic/contracts';
import type { Node } from 'jsonc-parser';
import { jsonStructure, readJson, type Jsonc } from './json-keys.ts';
import { createLineTable } from './line-table.ts';
import type { Structure } from './structure.ts';

interface SourceLine {
  readonly text: string;
  /** The line of the notebook's file that holds it. */
  readonly at: number;
}

interface Cell {
  readonly name: string;
  readonly code: boolean;
  readonly startLine: number;
  readonly endLine: number;
  readonly source: readonly SourceLine[];
}

export interface NotebookReader {
  readonly jsonc: Jsonc;
  /** Reads the code of all cells as one text of this language. Undefined when the language has no grammar. */
  readonly readCode: (language: string, text: string) => Promise<Structure | undefined>;
}

const signatureLimit = 300;

/** A line that only the notebook's shell understands: `%magic`, `!command`, `?help`. */
const magic = /^\s*[%!?]/u;

/**
 * The cells of a Jupyter notebook (https://nbformat.readthedocs.io, version 4), and inside code cells what a file of the
 * notebook's language would have. All lines are those of the `.ipynb` file; names inside cells are not qualified by the cell,
 * since all cells share one scope.
 */
export async function notebookStructure(
  path: string,
  text: string,
  { jsonc, readCode }: NotebookReader,
): Promise<Structure> {
  const root = readJson(text, jsonc);
  const cells = root && jsonc.findNodeAtLocation(root, ['cells']);
  if (!root || cells?.type !== 'array') return jsonStructure(path, text, jsonc);
  const table = createLineTable(text);
  const read = (cells.children ?? []).map((node, index) =>
    cellOf(node, { index, jsonc, lineOf: (at) => table.lineOf(at) }),
  );

  const code = read.filter((cell) => cell.code).flatMap((cell) => cell.source.map((line) => ({ line, cell })));
  const written = code.map(({ line }) => (magic.test(line.text) ? '' : line.text)).join('\n');
  const found = written.trim() === '' ? undefined : await readCode(languageOf(root, jsonc), written);
  const placeOf = (line: number): { line: SourceLine; cell: Cell } | undefined => code[line - 1];

  const symbols: SymbolInfo[] = read.map(({ name, startLine, endLine, source }) => ({
    path,
    name,
    kind: 'cell',
    startLine,
    endLine,
    signature: (source.find((line) => /[\p{L}\p{N}]/u.test(line.text))?.text.trim() ?? '').slice(0, signatureLimit),
    doc: '',
  }));
  for (const symbol of found?.symbols ?? []) {
    const [first, last] = [placeOf(symbol.startLine), placeOf(symbol.endLine)];
    if (!first) continue;
    const endLine = last && last.cell === first.cell ? last.line.at : first.cell.endLine;
    symbols.push({ ...symbol, startLine: first.line.at, endLine });
  }
  const borders = [
    ...read.map((cell) => cell.startLine),
    ...(found?.borders ?? []).flatMap((line) => placeOf(line)?.line.at ?? []),
  ];
  return {
    symbols: symbols.sort((a, b) => a.startLine - b.startLine || b.endLine - a.endLine),
    references: (found?.references ?? []).flatMap((reference) => {
      const place = placeOf(reference.line);
      return place
        ? [{ ...reference, line: place.line.at, from: reference.from === '' ? place.cell.name : reference.from }]
        : [];
    }),
    imports: (found?.imports ?? []).flatMap((taken) => {
      const place = placeOf(taken.line);
      return place ? [{ ...taken, line: place.line.at }] : [];
    }),
    borders: [...new Set(borders)].sort((a, b) => a - b),
  };
}

function cellOf(
  node: Node,
  { index, jsonc, lineOf }: { index: number; jsonc: Jsonc; lineOf: (at: number) => number },
): Cell {
  const source = jsonc.findNodeAtLocation(node, ['source']);
  const strings = source?.type === 'array' ? (source.children ?? []) : source ? [source] : [];
  return {
    name: `cell ${String(index + 1)}`,
    code: jsonc.findNodeAtLocation(node, ['cell_type'])?.value === 'code',
    startLine: lineOf(node.offset),
    endLine: lineOf(node.offset + Math.max(1, node.length) - 1),
    // A string of several lines lies on one line of the file.
    source: strings.flatMap((part) =>
      String(part.value ?? '')
        .replace(/\n$/u, '')
        .split('\n')
        .map((line) => ({ text: line, at: lineOf(part.offset) })),
    ),
  };
}

function languageOf(root: Node, jsonc: Jsonc): string {
  const named =
    jsonc.findNodeAtLocation(root, ['metadata', 'language_info', 'name']) ??
    jsonc.findNodeAtLocation(root, ['metadata', 'kernelspec', 'language']);
  const name = typeof named?.value === 'string' ? named.value.toLowerCase() : 'python';
  return { 'c#': 'csharp', 'c++': 'cpp', bash: 'shell', ipython: 'python' }[name] ?? name;
}
