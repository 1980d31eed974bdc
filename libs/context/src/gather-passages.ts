import type { Files } from '@nootropic/contracts';
import type { RankedChunk } from './rank.ts';
import { decode, splitLines } from './source-text.ts';

const maxFileBytes = 5_000_000;

/** Lines of a file as they are now, with the place of a chunk that was found in it. */
export interface Passage {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly symbol: string;
  readonly score: number;
  readonly text: string;
}

export type LinesOf = (path: string) => Promise<readonly string[] | undefined>;

/** Gives the lines of files, each read once; `undefined` for one that went since it was indexed. */
export function createLineReader(files: Files): LinesOf {
  const lines = new Map<string, Promise<readonly string[] | undefined>>();
  return (path) => {
    const known = lines.get(path) ?? readLines(files, path);
    lines.set(path, known);
    return known;
  };
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
export async function joinAdjacent(chosen: readonly RankedChunk[], linesOf: LinesOf): Promise<Passage[]> {
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
