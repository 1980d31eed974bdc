import { randomBytes } from 'node:crypto';
import { NootropicError, type ContextDescription, type ContextEntry, type ContextStore } from '@nootropic/contracts';
import { mapSqliteError, type Database } from '@nootropic/sqlite';
import { listEntries, numbersOf } from './context-entries.ts';
import { insertEntry, putText, type PutPorts } from './context-put.ts';
import { readText } from './context-read.ts';
import { clearTexts, dropEntries } from './context-room.ts';
import { openContextDatabase } from './context-schema.ts';
import { searchTexts } from './context-search.ts';
import { createContextWriters } from './context-writers.ts';

export interface SqliteContextStoreOptions {
  /** The database file. Made, with its folder, where it is missing; readable by this user only. Beside it lie lock files while it is written. */
  readonly path: string;
  /** Bytes of the disk that the store may take. Room that was given up may stay in the file for what comes next. Default 2 GiB. */
  readonly maxBytes?: number;
  /** How texts are taken apart for searching, so that they are found like code. */
  readonly words: ContextWords;
  /** Milliseconds since 1970. Default the clock. */
  readonly now?: () => number;
}

export interface ContextWords {
  /** A text as the words by which it is found, with spaces between. */
  readonly indexed: (text: string) => string;
  /** A question as an expression of FTS5 over such words; `undefined` where it has none. */
  readonly expression: (question: string) => string | undefined;
}

const defaultMaxBytes = 2 * 2 ** 30;
const mostParts = 10_000;
const idAlphabet = '0123456789abcdefghijklmnopqrstuv';

/**
 * A context store in one SQLite file, opened at the first call. Texts lie in it in blocks of 64 Ki characters, each compressed by itself
 * (DEFLATE), and their passages in a table of words (FTS5) that keeps no copy of them.
 */
export function createSqliteContextStore(options: SqliteContextStoreOptions): ContextStore {
  return contextStoreOn(() => openContextDatabase(options.path), options);
}

/** The store on a database that is opened when it is first needed; the store closes it. */
export function contextStoreOn(open: () => Database, options: SqliteContextStoreOptions): ContextStore {
  const { path, words, maxBytes = defaultMaxBytes, now = Date.now } = options;
  let opened: Promise<PutPorts & { readonly release: () => void }> | undefined;

  const start = async (): Promise<PutPorts & { readonly release: () => void }> => {
    const db = open();
    const writers = createContextWriters(db, path, () => randomBytes(8).toString('hex'));
    // What a killed program left behind is invisible; that it cannot be cleared now is no reason to give nothing.
    await writers.recover().catch(() => undefined);
    return { db, maxBytes, now, newId, indexed: words.indexed, writer: writers.own, release: writers.release };
  };
  const ready = async () => {
    opened ??= start();
    opened.catch(() => (opened = undefined));
    return opened;
  };
  const guarded = async <Result>(work: (ports: PutPorts) => Result | Promise<Result>, signal?: AbortSignal) => {
    try {
      return await work(await ready());
    } catch (cause) {
      throw failure(cause, path, signal);
    }
  };
  const touch = (db: Database, ids: readonly string[]): void => {
    try {
      db.prepare(
        `UPDATE entries SET used = (SELECT max(used) + 1 FROM entries) WHERE id IN (SELECT value FROM json_each(?))`,
      ).run(JSON.stringify(ids));
    } catch {
      // A full disk or another writer is no reason not to read.
    }
  };
  const entryAt = (db: Database, number: number): ContextEntry => {
    const id = db.prepare<[number], string>('SELECT id FROM entries WHERE number = ?').pluck().get(number) ?? '';
    const [entry] = listEntries(db, { ids: [id] });
    if (entry === undefined) throw new NootropicError('NOT_FOUND', 'The entry was removed as soon as it was written.');
    return entry;
  };

  return {
    put: (what, text, call = {}) =>
      guarded(async (ports) => entryAt(ports.db, await putText(ports, { what, input: text }, call)), call.signal),
    merge: (ids, what) =>
      guarded(async (ports) => {
        const { number, replaced } = ports.db.transaction(() => mergeEntries(ports, ids, what)).immediate();
        const entry = entryAt(ports.db, number);
        await clearTexts(ports.db, replaced).catch(() => undefined);
        return entry;
      }),
    list: (filter = {}) =>
      guarded(({ db }) => {
        numbersOf(db, filter.ids ?? []);
        return listEntries(db, filter);
      }),
    async *read(id, range = {}, signal) {
      try {
        const { db } = await ready();
        touch(db, [id]);
        yield* readText(db, { id, range }, signal);
      } catch (cause) {
        throw failure(cause, path, signal);
      }
    },
    search: (query, call = {}) =>
      guarded(async ({ db }) => {
        numbersOf(db, call.ids ?? []);
        const expression = words.expression(query);
        const hits = expression === undefined ? [] : await searchTexts(db, expression, call);
        return hits;
      }, call.signal),
    remove: (ids) =>
      guarded(async ({ db, writer }) => {
        const { texts } = db.transaction(() => dropEntries(db, numbersOf(db, ids), writer)).immediate();
        await clearTexts(db, texts);
      }),
    async [Symbol.asyncDispose]() {
      const ports = await opened?.catch(() => undefined);
      opened = undefined;
      if (ports === undefined) return;
      ports.release();
      ports.db.close();
    },
  };
}

interface PartRow {
  readonly text: number;
  readonly characters: number;
  readonly bytes: number;
  readonly lines: number;
  readonly tokens: number;
  readonly endsInBreak: number;
}

function mergeEntries(
  ports: PutPorts,
  ids: readonly string[],
  what: Omit<ContextDescription, 'kind'>,
): { readonly number: number; readonly replaced: readonly number[] } {
  const { db } = ports;
  if (ids.length === 0) throw new NootropicError('INPUT_INVALID', 'A view is made of at least one entry.');
  const partsOf = db.prepare<[number], PartRow>(
    `SELECT t.id AS text, t.characters AS characters, t.bytes AS bytes, t.lines AS lines, t.tokens AS tokens, t.ends_in_break AS endsInBreak
     FROM parts p JOIN texts t ON t.id = p.text WHERE p.entry = ? ORDER BY p.position`,
  );
  const parts = numbersOf(db, ids).flatMap((number) => partsOf.all(number));
  if (parts.length > mostParts)
    throw new NootropicError('INPUT_INVALID', `A view has at most ${mostParts} texts; these are ${parts.length}.`);
  const sum = { characters: 0, bytes: 0, lines: 0, tokens: 0 };
  let isOpen = false;
  const placed = parts.map((part) => {
    const glue = isOpen && part.characters > 0 ? 1 : 0;
    const row = { text: part.text, start: sum.characters + glue, line: sum.lines + 1, glue };
    sum.characters += glue + part.characters;
    sum.bytes += glue + part.bytes;
    sum.lines += part.lines;
    sum.tokens += part.tokens;
    if (part.characters > 0) isOpen = part.endsInBreak === 0;
    return row;
  });
  // The parts are written before the entry whose name it takes is dropped, so that texts that both have stay.
  const old = db.prepare<[string | null], number>('SELECT number FROM entries WHERE name = ?').pluck();
  const before = old.all(what.name ?? null);
  db.prepare('UPDATE entries SET name = NULL WHERE name = ?').run(what.name ?? null);
  const { number } = insertEntry(ports, { ...what, kind: 'view' }, sum);
  const insert = db.prepare('INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?)');
  for (const [position, { text, start, line, glue }] of placed.entries())
    insert.run(number, position, text, start, line, glue);
  return { number, replaced: before.length === 0 ? [] : dropEntries(db, before, ports.writer).texts };
}

/** 80 random bits in 16 characters that can be read out. */
function newId(): string {
  return `ctx_${Array.from(randomBytes(16), (byte) => idAlphabet[byte % 32] ?? '').join('')}`;
}

function failure(cause: unknown, path: string, signal: AbortSignal | undefined): unknown {
  if (NootropicError.is(cause)) return cause;
  if (signal?.aborted === true) return new NootropicError('ABORTED', undefined, { cause });
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  return code.startsWith('SQLITE_') ? mapSqliteError(cause, path) : cause;
}
