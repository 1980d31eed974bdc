import type {
  ContextBlock,
  Files,
  GatherBudget,
  Gathered,
  Reference,
  SearchIndex,
  SymbolInfo,
} from '@nootropic/contracts';
import { callersOf } from './callers.ts';
import { limitPerFile, type RankedChunk } from './rank.ts';
import { retrieve, type RetrievePorts } from './retrieve.ts';
import { decode, splitLines } from './source-text.ts';
import { estimateTokens } from './token-estimate.ts';

export interface GatherPorts extends RetrievePorts {
  readonly files: Files;
}

const defaultBlocks = 12;
const callersShown = 5;
/** A block that does not fit is cut to what does, but not below this many lines. */
const fewestLines = 6;
const maxFileBytes = 5_000_000;

interface Passage {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly symbol: string;
  readonly score: number;
  readonly text: string;
}

/** The passages most worth showing for a question, best first, read anew from their files and cut to the budget. */
export async function gather(
  ports: GatherPorts,
  { query, budget }: { readonly query: string; readonly budget: GatherBudget },
  signal?: AbortSignal,
): Promise<Gathered> {
  const { ranked } = await retrieve(ports, query, { signal });
  const wanted = budget.blocks ?? defaultBlocks;
  const chosen = limitPerFile(ranked, wanted * 2);
  const lines = new Map<string, Promise<readonly string[] | undefined>>();
  const linesOf = (path: string): Promise<readonly string[] | undefined> => {
    const known = lines.get(path) ?? readLines(ports.files, path);
    lines.set(path, known);
    return known;
  };
  const blocks: ContextBlock[] = [];
  let tokens = 0;
  for (const passage of await joinAdjacent(chosen, linesOf)) {
    if (blocks.length >= wanted) break;
    const described = await describe(ports.index, passage);
    const overhead = estimateTokens(headingOf(passage, described));
    const text = fit(passage.text, budget.tokens - tokens - overhead);
    if (text === undefined) continue;
    tokens += overhead + estimateTokens(text);
    const { path, startLine, symbol, score } = passage;
    const endLine = startLine + text.split('\n').length - 1;
    const citation = symbol === '' ? { path, startLine, endLine } : { path, startLine, endLine, symbol };
    blocks.push({ citation, text, score, ...described });
  }
  return { blocks, tokens };
}

type Described = Pick<ContextBlock, 'kind' | 'signature' | 'doc' | 'callers'>;

function headingOf(passage: Passage, { signature, doc, callers }: Described): string {
  const named = callers.map(({ path, line, from }) => `${path}:${String(line)} ${from}`);
  return [
    `${passage.path}:${String(passage.startLine)}-${String(passage.endLine)} ${passage.symbol}`,
    signature,
    doc,
    ...named,
  ].join('\n');
}

async function describe(index: SearchIndex, passage: Passage): Promise<Described> {
  const definition = await definitionIn(index, passage);
  if (definition === undefined) return { signature: '', doc: '', callers: [] };
  const { kind, signature, doc } = definition;
  const callers: Reference[] = await callersOf(index, definition, callersShown);
  return { kind, signature, doc, callers };
}

async function definitionIn(index: SearchIndex, passage: Passage): Promise<SymbolInfo | undefined> {
  if (passage.symbol === '') return undefined;
  const namesakes = (await index.symbols(passage.symbol)).filter((symbol) => symbol.path === passage.path);
  return (
    namesakes.find((symbol) => symbol.startLine <= passage.endLine && symbol.endLine >= passage.startLine) ??
    namesakes[0]
  );
}

/** The text as a whole, or its first lines that fit. */
function fit(text: string, tokens: number): string | undefined {
  if (estimateTokens(text) <= tokens) return text;
  const lines = text.split('\n');
  let count = 0;
  let used = 0;
  for (const line of lines) {
    const more = estimateTokens(`${line}\n`);
    if (used + more > tokens) break;
    used += more;
    count += 1;
  }
  while (count > 0 && (lines[count - 1] ?? '').trim() === '') count -= 1;
  return count < fewestLines ? undefined : lines.slice(0, count).join('\n');
}

async function readLines(files: Files, path: string): Promise<readonly string[] | undefined> {
  try {
    const text = decode(await files.read(path, { maxBytes: maxFileBytes }));
    return text === undefined ? undefined : splitLines(text);
  } catch {
    // The file went or changed since it was indexed: its passages are left out.
    return undefined;
  }
}

/** Where the lines of a chunk are now: the 1-based first line, or `undefined` when they are no longer in the file. */
export function locate(
  chunk: { readonly startLine: number; readonly text: string },
  lines: readonly string[],
): number | undefined {
  const wanted = chunk.text.split('\n');
  // A chunk keeps the start of a very long line only.
  const isAt = (first: number): boolean =>
    first >= 1 &&
    first + wanted.length - 1 <= lines.length &&
    wanted.every((line, offset) => {
      const now = lines[first - 1 + offset] ?? '';
      return now === line || (line.length >= 1_000 && now.startsWith(line));
    });
  if (isAt(chunk.startLine)) return chunk.startLine;
  let nearest: number | undefined;
  for (let first = 1; first + wanted.length - 1 <= lines.length; first += 1) {
    const distance = Math.abs(first - chunk.startLine);
    if ((nearest === undefined || distance < Math.abs(nearest - chunk.startLine)) && isAt(first)) nearest = first;
  }
  return nearest;
}

/** Reads every chosen chunk from its file and joins those of one symbol that follow each other. The place is that of the better one. */
async function joinAdjacent(
  chosen: readonly RankedChunk[],
  linesOf: (path: string) => Promise<readonly string[] | undefined>,
): Promise<Passage[]> {
  const passages: Passage[] = [];
  for (const { hit, score } of chosen) {
    const { path, chunk } = hit;
    const lines = await linesOf(path);
    const startLine = lines === undefined ? undefined : locate(chunk, lines);
    if (startLine === undefined) continue;
    const endLine = startLine + chunk.endLine - chunk.startLine;
    const made: Passage = { path, startLine, endLine, symbol: chunk.symbol, score, text: chunk.text };
    const neighbour = passages.findIndex(
      (other) => other.path === path && other.symbol === made.symbol && areAdjacent(other, made, lines ?? []),
    );
    const better = passages[neighbour];
    if (better === undefined) passages.push(made);
    else passages[neighbour] = join(better, made, lines ?? []);
  }
  return passages;
}

function areAdjacent(one: Passage, other: Passage, lines: readonly string[]): boolean {
  const [first, second] = one.startLine < other.startLine ? [one, other] : [other, one];
  if (first.symbol === '' && second.startLine > first.endLine + 2) return false;
  const between = lines.slice(first.endLine, second.startLine - 1);
  return second.startLine > first.endLine && between.every((line) => line.trim() === '');
}

function join(better: Passage, other: Passage, lines: readonly string[]): Passage {
  const startLine = Math.min(better.startLine, other.startLine);
  const endLine = Math.max(better.endLine, other.endLine);
  return { ...better, startLine, endLine, text: lines.slice(startLine - 1, endLine).join('\n') };
}
