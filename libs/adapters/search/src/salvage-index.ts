import { rmSync } from 'node:fs';
import { openDatabase, type Database } from '@nootropic/sqlite';
import { indexMigrations } from './index-schema.ts';
import { createIndexedText } from './search-words.ts';

/** What could be read of a damaged index. */
export interface Salvaged {
  /** Files, chunks, symbols and words: all of them, or none. */
  readonly text: boolean;
  readonly vectorsKept: number;
  readonly vectorsLost: boolean;
}

const sliceLength = 1000;

/**
 * Mends an index whose file is damaged somewhere: what can be read is copied to a new file, the full text is made anew from the chunks,
 * and the whole is then written over the damaged file page by page, in one transaction. Programs that have it open go on with it.
 * Rejects with SQLite's error where not even the file's head can be read, or the disk is full.
 */
export async function salvageIndex(path: string): Promise<Salvaged> {
  const fresh = `${path}.mending`;
  const clear = (): void => {
    for (const end of ['', '-wal', '-shm']) rmSync(fresh + end, { force: true });
  };
  clear();
  const db = openDatabase({ path: fresh, migrations: indexMigrations, durability: 'normal' });
  try {
    db.prepare('ATTACH ? AS damaged').run(path);
    const salvaged = copyAll(db);
    db.exec('DETACH damaged');
    await db.backup(path);
    return salvaged;
  } finally {
    db.close();
    clear();
  }
}

function copyAll(db: Database): Salvaged {
  const text = attempt(() => copyText(db));
  const spaces = attempt(() => db.exec('INSERT INTO main.spaces SELECT * FROM damaged.spaces'));
  const vectors = spaces ? copyVectors(db) : { kept: 0, lost: true };
  // Every connection reads its vectors anew.
  db.prepare('UPDATE main.removals SET version = ?').run(Date.now());
  return { text, vectorsKept: vectors.kept, vectorsLost: vectors.lost };
}

/** Says whether it could be done; what was begun is taken back. */
function attempt(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && /^SQLITE_(CORRUPT|ERROR|CONSTRAINT)/u.test(String(error.code))))
      throw error;
    return false;
  }
}

function copyText(db: Database): void {
  const copy = db.transaction(() => {
    for (const table of ['files', 'chunks', 'symbols', 'facts', 'mentions']) {
      db.exec(`INSERT INTO main.${table} SELECT * FROM damaged.${table}`);
    }
    const indexed = createIndexedText();
    const insert = db.prepare('INSERT INTO main.words (rowid, path, symbol, signature, text) VALUES (?, ?, ?, ?, ?)');
    const chunks = db.prepare<
      [],
      { id: number; path: string; symbol: string; signature: string; doc: string; text: string }
    >(
      'SELECT chunks.id, path, symbol, signature, doc, text FROM main.chunks JOIN main.files ON files.id = chunks.file',
    );
    for (const { id, path, symbol, signature, doc, text } of chunks.all()) {
      insert.run(id, indexed(path), indexed(symbol), indexed(`${signature}\n${doc}`), indexed(text));
    }
  });
  copy();
}

/** Slice by slice, so that a damaged page costs the vectors near it and no others. */
function copyVectors(db: Database): { readonly kept: number; readonly lost: boolean } {
  const copy = db.prepare<[number, number]>(
    'INSERT OR IGNORE INTO main.vectors SELECT * FROM damaged.vectors WHERE id > ? AND id <= ?',
  );
  let last = 0;
  let lost = !attempt(() => {
    last = db.prepare<[], number>('SELECT coalesce(max(id), 0) FROM damaged.vectors').pluck().get() ?? 0;
  });
  let kept = 0;
  for (let after = 0; after < last; after += sliceLength) {
    const whole = attempt(() => {
      kept += copy.run(after, after + sliceLength).changes;
    });
    lost ||= !whole;
  }
  return { kept, lost };
}
