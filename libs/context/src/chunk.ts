import type { Chunk, ParsedSource, SymbolInfo } from '@nootropic/contracts';
import { docStart } from './doc-comment.ts';
import { splitLines } from './source-text.ts';

/** A chunk before it has its hash, which is of `embedded`. */
export interface DraftChunk extends Omit<Chunk, 'hash'> {
  /** What is hashed and embedded: path, names, signature and doc, then the text. */
  readonly embedded: string;
}

/** Above either of these a symbol is split. */
const maxLines = 60;
const maxChars = 2_400;
/** A holder of symbols (a class, a section) that is not larger than this stays whole. */
const wholeLines = 30;
const wholeChars = 1_200;
/** A symbol of a kind that is often one line long gets a chunk of its own from this many lines on, its comment counted. */
const ownChunkLines = 3;
/** A line is kept up to this many characters. */
const maxLineChars = 1_000;

const alwaysOwnChunk = new Set<SymbolInfo['kind']>(['class', 'interface', 'module', 'section', 'macro']);
/** Kinds whose members are passages of their own; an interface or an enum is read as a whole. */
const holders = new Set<SymbolInfo['kind']>(['class', 'module', 'section']);

interface SymbolNode {
  readonly symbol: SymbolInfo;
  /** First line with the doc comment and the decorators above it. */
  readonly from: number;
  readonly to: number;
  readonly children: SymbolNode[];
}

interface Source {
  readonly path: string;
  readonly lines: readonly string[];
  readonly borders: readonly number[];
  readonly symbols: readonly SymbolInfo[];
  /** What is cut so far, in the order of its lines. */
  readonly chunks: DraftChunk[];
}

/**
 * Cuts a file into pieces of about the size of a symbol: a function or a method each, the header of a class apart from its methods,
 * a section of a document, and what lies between symbols in groups. A long piece is cut where statements begin.
 * Every line with a letter or a digit is in exactly one chunk, and the chunks are in the order of their lines.
 */
export function chunkFile(path: string, text: string, parsed: ParsedSource): DraftChunk[] {
  const source: Source = {
    path,
    lines: splitLines(text).map((line) => (line.length > maxLineChars ? line.slice(0, maxLineChars) : line)),
    borders: parsed.borders,
    symbols: parsed.symbols,
    chunks: [],
  };
  cutBetween(source, { from: 1, to: source.lines.length }, { owner: undefined, children: symbolTree(source) });
  return source.chunks;
}

/** Nests the symbols by their lines. One that overlaps its neighbour in part, or lies outside the file, is cut to what is free. */
function symbolTree(source: Source): SymbolNode[] {
  const roots: SymbolNode[] = [];
  const open: SymbolNode[] = [];
  const ordered = source.symbols.toSorted((a, b) => a.startLine - b.startLine || b.endLine - a.endLine);
  for (const symbol of ordered) {
    while (open.length > 0 && (open.at(-1)?.to ?? 0) < symbol.startLine) open.pop();
    const holder = open.at(-1);
    const siblings = holder?.children ?? roots;
    const floor = Math.max(siblings.at(-1)?.to ?? 0, holder === undefined ? 0 : holder.symbol.startLine);
    if (symbol.startLine <= floor) continue;
    const to = Math.min(symbol.endLine, holder?.to ?? source.lines.length);
    if (to < symbol.startLine) continue;
    const node = { symbol, from: docStart(source.lines, symbol.startLine, floor + 1), to, children: [] };
    siblings.push(node);
    open.push(node);
  }
  return roots;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function size(source: Source, { from, to }: Range): number {
  let chars = 0;
  for (let line = from; line <= to; line += 1) chars += (source.lines[line - 1]?.length ?? 0) + 1;
  return chars;
}

function cutSymbol(source: Source, node: SymbolNode): void {
  const lines = node.to - node.from + 1;
  const chars = size(source, node);
  const isHolder = holders.has(node.symbol.kind) && node.children.some(hasOwnChunk);
  if (isHolder ? lines <= wholeLines && chars <= wholeChars : lines <= maxLines && chars <= maxChars) {
    addChunk(source, node, node.symbol);
    return;
  }
  cutBetween(source, node, { owner: node.symbol, children: node.children });
}

function hasOwnChunk({ symbol, from, to }: SymbolNode): boolean {
  return alwaysOwnChunk.has(symbol.kind) || to - from + 1 >= ownChunkLines;
}

/** The symbols of a range each on their own, and the lines between them for the one that holds them. */
function cutBetween(
  source: Source,
  range: Range,
  inside: { readonly owner: SymbolInfo | undefined; readonly children: readonly SymbolNode[] },
): void {
  let next = range.from;
  for (const child of inside.children) {
    if (!hasOwnChunk(child)) continue;
    splitPlain(source, { from: next, to: child.from - 1 }, inside.owner);
    cutSymbol(source, child);
    next = child.to + 1;
  }
  splitPlain(source, { from: next, to: range.to }, inside.owner);
}

/** Cuts lines without symbols of their own into pieces within the limits, at the last border that fits. */
function splitPlain(source: Source, range: Range, owner: SymbolInfo | undefined): void {
  let from = range.from;
  while (from <= range.to) {
    let to = from;
    let chars = (source.lines[from - 1]?.length ?? 0) + 1;
    while (to < range.to && to - from + 1 < maxLines) {
      const more = (source.lines[to]?.length ?? 0) + 1;
      if (chars + more > maxChars) break;
      chars += more;
      to += 1;
    }
    if (to < range.to) {
      const border = source.borders.findLast((line) => line > from && line <= to + 1);
      if (border !== undefined) to = border - 1;
    }
    addChunk(source, { from, to }, owner);
    from = to + 1;
  }
}

function addChunk(source: Source, range: Range, owner: SymbolInfo | undefined): void {
  let { from, to } = range;
  while (from <= to && isBlank(source.lines[from - 1])) from += 1;
  while (to >= from && isBlank(source.lines[to - 1])) to -= 1;
  if (from > to) return;
  const text = source.lines.slice(from - 1, to).join('\n');
  if (!/[\p{L}\p{N}]/u.test(text)) return;
  const symbol = owner ?? onlySymbol(source, from, to);
  const signature = symbol?.signature ?? '';
  const doc = symbol?.doc ?? '';
  const heading = [source.path, symbol?.name ?? '', signature, doc].filter((part) => part !== '').join('\n');
  source.chunks.push({
    startLine: from,
    endLine: to,
    symbol: symbol?.name ?? '',
    ...(symbol === undefined ? {} : { kind: symbol.kind }),
    signature,
    doc,
    text,
    embedded: `${heading}\n\n${text}`,
  });
}

function onlySymbol(source: Source, from: number, to: number): SymbolInfo | undefined {
  const inside = source.symbols.filter((symbol) => symbol.startLine >= from && symbol.endLine <= to);
  return inside.length === 1 ? inside[0] : undefined;
}

function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === '';
}
