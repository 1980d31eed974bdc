import { openDatabase, type Database } from '@nootropic/sqlite';

/**
 * `contents` holds small contents; large ones are files named by their hash. `tree` is the last snapshot of the workspace.
 * `steps.done` and `steps.undone` count up with each step that is done or taken back, so that the last is the first to be turned again; `undone` is
 * 0 while no move of the step is taken back. The counter `made` is that of the last new step: what was taken back before it is not made again by itself. `size` is the number of its moves, `open` of those that are not taken back.
 * `intents` holds what is about to be done, and is empty while nothing is.
 */
const migrations = [
  `CREATE TABLE blobs (
    hash TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    is_binary INTEGER NOT NULL,
    is_file INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE contents (hash TEXT PRIMARY KEY REFERENCES blobs (hash) ON DELETE CASCADE, data BLOB NOT NULL) STRICT;
  CREATE TABLE tree (
    path TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    hash TEXT,
    mark TEXT NOT NULL,
    racy INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE steps (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session TEXT NOT NULL,
    turn TEXT NOT NULL,
    label TEXT NOT NULL,
    at REAL NOT NULL,
    changes TEXT NOT NULL,
    size INTEGER NOT NULL,
    open INTEGER NOT NULL,
    done INTEGER NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX steps_turn ON steps (turn);
  CREATE INDEX steps_session ON steps (session);
  CREATE TABLE moves (
    id INTEGER PRIMARY KEY,
    step INTEGER NOT NULL REFERENCES steps (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    before TEXT,
    after TEXT,
    before_hash TEXT,
    after_hash TEXT,
    undone INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX moves_step ON moves (step);
  CREATE INDEX moves_path ON moves (path);
  CREATE TABLE intents (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL) STRICT;
  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO counters VALUES ('tree', 0), ('turn', 0), ('made', 0);`,
];

/** Opens the database of a journal. What a transaction has written survives a loss of power. */
export function openJournalDatabase(path: string): Database {
  const db = openDatabase({ path, migrations, durability: 'full' });
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
  return db.prepare('SELECT 1 FROM blobs UNION ALL SELECT 1 FROM steps LIMIT 1').get() === undefined;
}

/** Counts one further and gives the new number. */
export function countUp(db: Database, name: 'tree' | 'turn'): number {
  return Number(db.prepare('UPDATE counters SET value = value + 1 WHERE name = ? RETURNING value').pluck().get(name));
}
