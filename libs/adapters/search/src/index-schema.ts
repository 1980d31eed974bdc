/** Raised whenever an older program could not read the file. It is part of the file's name, so no program destroys the index of another version. */
export const schemaVersion = 2;

/**
 * How much a term counts by where it stands: path, symbol, signature and doc, text.
 * In `bm25` of FTS5 a column's weight multiplies the term frequency (https://sqlite.org/fts5.html#the_bm25_function).
 */
const columnWeights = [1.5, 4, 2, 1];

/**
 * `spaces` are the embedders ever used; a vector belongs to one, so that another embedder neither reads nor removes it.
 * A vector that is NULL lies in the external vector store; its row says that it is there.
 * References and imports lie in one compact text a file (`stored-facts.ts`), since they are read file by file; `mentions` says which files
 * name a symbol, and is kept right by the writer alone.
 * The full-text table keeps no copy of the text. `version` counts what other connections must notice.
 */
export const indexMigrations = [
  `CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    mtime_ms REAL NOT NULL,
    language TEXT NOT NULL
  ) STRICT;
  CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    file INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    start_line INTEGER NOT NULL,
    end_line INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    kind TEXT,
    signature TEXT NOT NULL,
    doc TEXT NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX chunks_file ON chunks (file);
  CREATE INDEX chunks_hash ON chunks (hash);
  CREATE TABLE symbols (
    file INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    last TEXT NOT NULL,
    kind TEXT NOT NULL,
    start_line INTEGER NOT NULL,
    end_line INTEGER NOT NULL,
    signature TEXT NOT NULL,
    doc TEXT NOT NULL
  ) STRICT;
  CREATE INDEX symbols_file ON symbols (file);
  CREATE INDEX symbols_last ON symbols (last);
  CREATE INDEX symbols_name ON symbols (name);
  CREATE TABLE facts (
    file INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE,
    content TEXT NOT NULL
  ) STRICT;
  CREATE TABLE mentions (
    last TEXT NOT NULL,
    file INTEGER NOT NULL,
    PRIMARY KEY (last, file)
  ) STRICT, WITHOUT ROWID;
  CREATE VIRTUAL TABLE words USING fts5 (
    path, symbol, signature, text,
    content = '', contentless_delete = 1, tokenize = 'porter unicode61 remove_diacritics 2'
  );
  INSERT INTO words (words, rank) VALUES ('rank', 'bm25(${columnWeights.join(', ')})');
  CREATE TABLE spaces (
    id INTEGER PRIMARY KEY,
    embedder TEXT NOT NULL,
    dimensions INTEGER NOT NULL,
    UNIQUE (embedder, dimensions)
  ) STRICT;
  CREATE TABLE vectors (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    space INTEGER NOT NULL REFERENCES spaces (id),
    hash TEXT NOT NULL,
    vector BLOB,
    UNIQUE (space, hash)
  ) STRICT;
  CREATE INDEX vectors_stored ON vectors (space, id) WHERE vector IS NOT NULL;
  CREATE TABLE removals (version INTEGER NOT NULL) STRICT;
  INSERT INTO removals VALUES (0);`,
  // `whole`: every chunk had a vector of this embedder at one time, so that search may go by them.
  // `seen`: when a chunk with this vector was last removed, in seconds since 1970, or 0.
  `ALTER TABLE spaces ADD COLUMN whole INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE vectors ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
  CREATE TRIGGER chunks_gone AFTER DELETE ON chunks BEGIN
    UPDATE vectors SET seen = unixepoch() WHERE space IN (SELECT id FROM spaces) AND hash = old.hash;
  END;`,
];

/** The last part of a qualified name: `append` of `Session.append`, `new` of `Vec::new`. A name that ends in a sign is its own last part. */
export function lastPart(name: string): string {
  return /(?:\.|::|#)([^.:#]+)$/.exec(name)?.[1] ?? name;
}
