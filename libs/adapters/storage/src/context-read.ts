import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { NootropicError, type ContextPiece, type ContextRange } from '@nootropic/contracts';
import type { Database } from '@nootropic/sqlite';
import { countBreaks, tokenWeight, wholeCharacters } from './context-cutter.ts';

const decompress = promisify(inflateRaw);
/** Blocks that are asked for at once. */
const blocksAtOnce = 8;

interface BlockRow {
  readonly position: number;
  readonly seq: number;
  /** Of its first character in the entry. */
  readonly offset: number;
  readonly line: number;
  /** Whether a line end that is in no text goes before it. */
  readonly glue: number;
  readonly data: Buffer;
}

/** The first block is the one that holds the place asked for, or begins right after it. */
const blocksOf = `
  SELECT p.position AS position, b.seq AS seq, b.data AS data, (p.glue = 1 AND b.seq = 0) AS glue,
    p.start + b.start - (p.glue = 1 AND b.seq = 0) AS offset, p.line + b.line - 1 - (p.glue = 1 AND b.seq = 0) AS line
  FROM parts p JOIN blocks b ON b.text = p.text
  WHERE p.entry = :number AND (p.position, b.seq) > (:position, :seq)
    AND p.start + b.start + b.characters > :offset AND p.line + b.line - 1 + b.breaks >= :line
  ORDER BY p.position, b.seq LIMIT ${blocksAtOnce}`;

/** The text of one block. Rejects with `STORE_CORRUPT` where its bytes are not those that were written. */
export async function textOfBlock(data: Buffer): Promise<string> {
  try {
    return (await decompress(data)).toString('utf8');
  } catch (cause) {
    throw new NootropicError('STORE_CORRUPT', 'A block of the context store is damaged.', {
      cause,
      hint: 'Remove the text with `nootropic context rm ID`, or refresh the source that it is of.',
    });
  }
}

/** The text of an entry, or a page of it, block by block. */
export async function* readText(
  db: Database,
  { id, range }: { readonly id: string; readonly range: ContextRange },
  signal?: AbortSignal,
): AsyncGenerator<ContextPiece> {
  const number = db.prepare<[string], number>('SELECT number FROM entries WHERE id = ?').pluck();
  const blocks = db.prepare<[Record<string, number>], BlockRow>(blocksOf);
  const { offset = 0, line = 1 } = range;
  const page = createPage(range);
  let place = { position: -1, seq: -1 };
  for (;;) {
    const found = number.get(id);
    if (found === undefined) throw new NootropicError('NOT_FOUND', `There is no entry ${id} in the context store.`);
    const rows = blocks.all({ number: found, ...place, offset, line });
    for (const row of rows) {
      signal?.throwIfAborted();
      const text = `${row.glue === 1 ? '\n' : ''}${await textOfBlock(row.data)}`;
      const piece = page.cut({ text, offset: row.offset, line: row.line });
      if (piece !== undefined) yield piece;
      if (page.isFull()) return;
      place = { position: row.position, seq: row.seq };
    }
    if (rows.length < blocksAtOnce) return;
  }
}

/** Cuts what lies before the range off the first pieces, and what is beyond its limits off the last one. */
function createPage({ line = 1, offset = 0, lines, characters, tokens }: ContextRange) {
  const left = { lines: lines ?? Infinity, characters: characters ?? Infinity, tokens: tokens ?? Infinity };
  let isFull = Math.min(left.lines, left.characters, left.tokens) <= 0;
  let hasBegun = false;
  return {
    isFull: (): boolean => isFull,
    cut(block: ContextPiece): ContextPiece | undefined {
      if (isFull) return undefined;
      const start = startIn(block, { line, offset });
      if (start === undefined) return undefined;
      const text = block.text.slice(start);
      const { end, reached } = fit(text, left, hasBegun);
      const taken = text.slice(0, end);
      left.lines -= countBreaks(taken);
      left.characters -= taken.length;
      left.tokens -= tokenWeight(taken);
      isFull = reached || left.lines <= 0 || left.characters <= 0;
      if (taken === '') return undefined;
      hasBegun = true;
      return { text: taken, offset: block.offset + start, line: block.line + countBreaks(block.text.slice(0, start)) };
    },
  };
}

function startIn(
  { text, offset, line }: ContextPiece,
  from: { readonly line: number; readonly offset: number },
): number | undefined {
  let start = Math.max(0, from.offset - offset);
  if (start > 0 && wholeCharacters(text, start) !== start) start += 1;
  for (let at = line; at < from.line; at += 1) {
    const found = text.indexOf('\n', at === line ? 0 : start);
    if (found < 0) return undefined;
    start = found + 1;
  }
  return start < text.length ? start : undefined;
}

/** How much of a text fits, and whether that is all that is wanted. A page that ends for its tokens ends after a line where it has one. */
function fit(
  text: string,
  left: { readonly lines: number; readonly characters: number; readonly tokens: number },
  hasBegun: boolean,
): { readonly end: number; readonly reached: boolean } {
  let end = text.length;
  let reached = false;
  if (left.lines < Infinity) {
    let at = 0;
    for (let count = 0; count < left.lines && at >= 0; count += 1) at = text.indexOf('\n', at) + 1 || -1;
    if (at > 0) {
      end = at;
      reached = true;
    }
  }
  if (left.characters < end) {
    end = wholeCharacters(text, left.characters);
    // A first character that is wider than the page is given whole: a page with nothing in it would never end.
    if (end === 0 && !hasBegun) end = 2;
    reached = true;
  }
  if (left.tokens < Infinity && tokenWeight(text.slice(0, end)) > left.tokens) {
    const most = longestWithin(text.slice(0, end), left.tokens);
    const lineEnd = text.lastIndexOf('\n', most - 1) + 1;
    end = most > 0 && lineEnd > 0 ? lineEnd : most;
    if (end === 0 && !hasBegun) end = wholeCharacters(text, 1) === 0 ? 2 : 1;
    reached = true;
  }
  return { end, reached };
}

function longestWithin(text: string, tokens: number): number {
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (tokenWeight(text.slice(0, middle)) <= tokens) low = middle;
    else high = middle - 1;
  }
  return wholeCharacters(text, low);
}
