import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import { NootropicError, type ContextDescription, type PutOptions } from '@nootropic/contracts';
import type { Database } from '@nootropic/sqlite';
import { createTextCutter, type TextBlock, type TextMeasure } from './context-cutter.ts';
import { clearTexts, dropEntries, makeRoom, pause } from './context-room.ts';
import { usedBytes } from './context-schema.ts';

const compress = promisify(deflateRaw);
/** Characters that are written in one transaction. */
const batchCharacters = 1024 * 1024;

export type TextInput = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

export interface PutPorts {
  readonly db: Database;
  readonly maxBytes: number;
  /** The name under which unfinished work is kept. */
  readonly writer: () => string;
  /** A text as the table of words is to have it. */
  readonly indexed: (text: string) => string;
  readonly now: () => number;
  readonly newId: () => string;
}

interface StoredBlock {
  readonly block: TextBlock;
  readonly data: Buffer;
}

interface Batch {
  readonly blocks: readonly StoredBlock[];
  readonly characters: number;
}

/** Writes a text as it comes, and makes an entry of it when it is whole; gives the entry's number. Whatever goes wrong, nothing stays of it. */
export async function putText(
  ports: PutPorts,
  { what, input }: { readonly what: ContextDescription; readonly input: TextInput },
  { signal, onProgress }: PutOptions,
): Promise<number> {
  const { db } = ports;
  const cutter = createTextCutter();
  const unfinished: { text?: number; blocks: number } = { blocks: 0 };

  /** The next blocks into a text that no entry has yet. */
  const write = (batch: Batch): number => {
    const before = usedBytes(db);
    unfinished.text ??= Number(db.prepare('INSERT INTO texts (writer) VALUES (?)').run(ports.writer()).lastInsertRowid);
    const { text } = unfinished;
    insertBlocks(ports, { text, first: unfinished.blocks, title: what.title, blocks: batch.blocks });
    db.prepare('UPDATE texts SET disk = disk + ? WHERE id = ?').run(Math.max(0, usedBytes(db) - before), text);
    unfinished.blocks += batch.blocks.length;
    return text;
  };
  const room = (batch: Batch): Promise<void> => {
    const compressed = batch.blocks.reduce((sum, { data }) => sum + data.length, 0);
    return makeRoom(db, { ...ports, needed: compressed + Math.ceil(batch.characters / 2) });
  };

  try {
    for await (const batch of batches(cutter, stoppedBy(input, signal), signal)) {
      await room(batch);
      if (!batch.isLast) {
        db.transaction(() => write(batch)).immediate();
        onProgress?.(cutter.measure().bytes);
        await pause();
        continue;
      }
      signal?.throwIfAborted();
      const { number, replaced } = db
        .transaction(() => makeEntry(ports, { what, text: write(batch), measure: cutter.measure() }))
        .immediate();
      onProgress?.(cutter.measure().bytes);
      // The new entry stands. Room that cannot be cleared now is cleared when the store is opened next.
      await clearTexts(db, replaced).catch(() => undefined);
      return number;
    }
    throw new NootropicError('INTERNAL', 'A text ended without its last block.');
  } catch (error) {
    if (unfinished.text !== undefined && !isEntry(db, unfinished.text))
      await clearTexts(db, [unfinished.text]).catch(() => undefined);
    throw error;
  }
}

function isEntry(db: Database, text: number): boolean {
  return db.prepare('SELECT 1 FROM parts WHERE text = ?').get(text) !== undefined;
}

async function* batches(
  cutter: ReturnType<typeof createTextCutter>,
  input: AsyncIterable<string | Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Batch & { readonly isLast: boolean }> {
  let blocks: StoredBlock[] = [];
  let characters = 0;
  const take = async (block: TextBlock): Promise<void> => {
    signal?.throwIfAborted();
    if (block.text.includes('\0'))
      throw new NootropicError('INPUT_INVALID', `This is no text: line ${block.line} or one after it holds a NUL.`);
    blocks.push({ block, data: await compress(block.text, { level: 5 }) });
    characters += block.text.length;
  };
  for await (const piece of decoded(input)) {
    for (const block of cutter.push(piece)) {
      await take(block);
      if (characters < batchCharacters) continue;
      yield { blocks, characters, isLast: false };
      blocks = [];
      characters = 0;
    }
  }
  for (const block of cutter.end()) await take(block);
  yield { blocks, characters, isLast: true };
}

async function* decoded(input: AsyncIterable<string | Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const piece of input) yield typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true });
  yield decoder.decode();
}

/** The input, left at once when the signal aborts, also while it gives nothing. */
async function* stoppedBy(input: TextInput, signal: AbortSignal | undefined): AsyncGenerator<string | Uint8Array> {
  const source = Symbol.asyncIterator in input ? input[Symbol.asyncIterator]() : input[Symbol.iterator]();
  let leave = (): void => {};
  const stop = (): void => leave();
  signal?.addEventListener('abort', stop, { once: true });
  let isOpen = true;
  try {
    for (;;) {
      signal?.throwIfAborted();
      // A race with one promise that outlives all pieces would hold every one of them.
      const next = await new Promise<IteratorResult<string | Uint8Array, unknown>>((resolve, reject) => {
        leave = () => reject(new NootropicError('ABORTED'));
        Promise.resolve(source.next()).then(resolve, reject);
      });
      if (next.done === true) {
        isOpen = false;
        return;
      }
      yield next.value;
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    // An input that hangs is not waited for.
    if (isOpen) Promise.resolve(source.return?.()).catch(() => undefined);
  }
}

function insertBlocks(
  { db, indexed }: PutPorts,
  made: {
    readonly text: number;
    readonly first: number;
    readonly title: string;
    readonly blocks: readonly StoredBlock[];
  },
): void {
  const insertBlock = db.prepare('INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?)');
  const insertPassage = db.prepare(
    'INSERT INTO passages (text, block, start, "end", start_line, end_line) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const insertWords = db.prepare('INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)');
  const title = indexed(made.title);
  let stored = 0;
  for (const [at, { block, data }] of made.blocks.entries()) {
    const seq = made.first + at;
    insertBlock.run(made.text, seq, block.offset, block.text.length, block.line, block.breaks, data);
    for (const { from, to, startLine, endLine } of block.passages) {
      const { lastInsertRowid } = insertPassage.run(made.text, seq, from, to, startLine, endLine);
      insertWords.run(lastInsertRowid, title, indexed(block.text.slice(from, to)));
    }
    stored += data.length;
  }
  db.prepare('UPDATE texts SET stored = stored + ? WHERE id = ?').run(stored, made.text);
}

function makeEntry(
  ports: PutPorts,
  made: { readonly what: ContextDescription; readonly text: number; readonly measure: TextMeasure },
): { readonly number: number; readonly replaced: readonly number[] } {
  const { db } = ports;
  const { bytes, characters, lines, tokens, endsInBreak } = made.measure;
  db.prepare(
    `UPDATE texts SET writer = NULL, characters = ?, bytes = ?, lines = ?, tokens = ?, ends_in_break = ? WHERE id = ?`,
  ).run(characters, bytes, lines, tokens, endsInBreak ? 1 : 0, made.text);
  const { number, replaced } = insertEntry(ports, made.what, made.measure);
  db.prepare('INSERT INTO parts VALUES (?, 0, ?, 0, 1, 0)').run(number, made.text);
  return { number, replaced };
}

/** A new entry, without its parts, in place of the one that had its name. Part of the caller's transaction. */
export function insertEntry(
  { db, writer, now, newId }: Pick<PutPorts, 'db' | 'writer' | 'now' | 'newId'>,
  { title, kind, from, name, mark = '' }: ContextDescription,
  { characters, bytes, lines, tokens }: Omit<TextMeasure, 'endsInBreak'>,
): { readonly number: number; readonly replaced: readonly number[] } {
  const old = db
    .prepare<[string | null], number>('SELECT number FROM entries WHERE name = ?')
    .pluck()
    .all(name ?? null);
  const replaced = old.length === 0 ? [] : dropEntries(db, old, writer).texts;
  const { lastInsertRowid } = db
    .prepare(
      `INSERT INTO entries (id, name, title, kind, origin, mark, characters, bytes, lines, tokens, created_at, used)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(used), 0) + 1 FROM entries))`,
    )
    .run(newId(), name ?? null, title, kind, from, mark, characters, bytes, lines, tokens, now());
  return { number: Number(lastInsertRowid), replaced };
}
