import { openDatabase, type Database } from '@nootropic/sqlite';

/**
 * A text is written block by block under the name of its writer, and is there once an entry has it as a part. `disk` is what writing it took
 * of the file. A part says where its text begins in the entry, and whether a line end goes before it that no text has.
 * `used` orders entries by their last use also where the clock is set back. The table of words keeps no copy of the text.
 */
const migrations = [
  `CREATE TABLE texts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    writer TEXT,
    characters INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    lines INTEGER NOT NULL DEFAULT 0,
    tokens INTEGER NOT NULL DEFAULT 0,
    ends_in_break INTEGER NOT NULL DEFAULT 0,
    stored INTEGER NOT NULL DEFAULT 0,
    disk INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX texts_writer ON texts (writer) WHERE writer IS NOT NULL;
  CREATE TABLE blocks (
    text INTEGER NOT NULL REFERENCES texts (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    start INTEGER NOT NULL,
    characters INTEGER NOT NULL,
    line INTEGER NOT NULL,
    breaks INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (text, seq)
  ) STRICT;
  CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    text INTEGER NOT NULL REFERENCES texts (id) ON DELETE CASCADE,
    block INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    start_line INTEGER NOT NULL,
    end_line INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX passages_text ON passages (text);
  CREATE VIRTUAL TABLE words USING fts5 (
    title, text,
    content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2'
  );
  INSERT INTO words (words, rank) VALUES ('rank', 'bm25(2, 1)');
  CREATE TABLE entries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT UNIQUE,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    origin TEXT NOT NULL,
    mark TEXT NOT NULL,
    characters INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    created_at REAL NOT NULL,
    used INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX entries_used ON entries (used);
  CREATE TABLE parts (
    entry INTEGER NOT NULL REFERENCES entries (number) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    text INTEGER NOT NULL REFERENCES texts (id),
    start INTEGER NOT NULL,
    line INTEGER NOT NULL,
    glue INTEGER NOT NULL,
    PRIMARY KEY (entry, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX parts_text ON parts (text);`,
];

/** The database as the context store uses it. */
export function openContextDatabase(path: string): Database {
  const db = openDatabase({ path, migrations, durability: 'normal' });
  // What is removed is overwritten with zeros, not only unlinked.
  db.pragma('secure_delete = ON');
  if (Number(db.pragma('auto_vacuum', { simple: true })) === 0 && isEmpty(db)) {
    // How a file gives room back can only be chosen while it is empty, and takes a rewrite.
    try {
      db.pragma('auto_vacuum = INCREMENTAL');
      db.exec('VACUUM');
    } catch {
      // Another program was faster to write. The file then keeps its size, and its room is used again.
    }
  }
  return db;
}

function isEmpty(db: Database): boolean {
  return db.prepare('SELECT 1 FROM texts LIMIT 1').get() === undefined;
}

/** Bytes of the file that hold something. */
export function usedBytes(db: Database): number {
  const number = (pragma: string): number => Number(db.pragma(pragma, { simple: true }));
  return (number('page_count') - number('freelist_count')) * number('page_size');
}
