import { NootropicError, type Session, type SessionLog, type TurnEvent } from '@nootropic/contracts';
import { mapSqliteError, openDatabase, type Database } from '@nootropic/sqlite';
import { createSessionWords, sessionWordsSchema } from './session-words.ts';

export interface SqliteSessionLogOptions {
  /** The database file. Made, with its folder, where it is missing; readable by this user only. */
  readonly path: string;
  /** Milliseconds since 1970. Default the clock. */
  readonly now?: () => number;
  /** Takes secrets out of what is kept a second time, for searching. Default: nothing is taken out. */
  readonly redact?: (text: string) => string;
}

/** `touched` orders sessions by their last change even where the clock stands still or is set back. */
export const sessionMigrations: readonly string[] = [
  `CREATE TABLE sessions (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    workspace TEXT NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    touched INTEGER NOT NULL,
    last_seq INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX sessions_touched ON sessions (touched);
  CREATE TABLE events (
    session INTEGER NOT NULL REFERENCES sessions (number) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (session, seq)
  ) STRICT, WITHOUT ROWID;`,
  sessionWordsSchema,
];

/**
 * A session log in one SQLite file. Several programs may use the file at once.
 *
 * Throws `STORE_NEWER`, `STORE_CORRUPT`, `STORE_BUSY`, `DISK_FULL` or `DENIED` when the file cannot be used.
 */
export function createSqliteSessionLog({ path, now = Date.now, redact }: SqliteSessionLogOptions): SessionLog {
  return sessionLogOn(openSessionDatabase(path), { path, now, ...(redact && { redact }) });
}

/** The database as the log uses it. */
export function openSessionDatabase(path: string): Database {
  const db = openDatabase({ path, migrations: sessionMigrations, durability: 'full' });
  // A removed session is overwritten with zeros, not only unlinked.
  db.pragma('secure_delete = ON');
  return db;
}

interface SessionRow {
  readonly number: number;
  readonly id: string;
  readonly title: string;
  readonly workspace: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly events: number;
}

const columns = 'number, id, title, workspace, created_at AS createdAt, updated_at AS updatedAt, last_seq AS events';

/** The log on a database that is open already; the log closes it. */
export function sessionLogOn(
  db: Database,
  { path, now = Date.now, redact = (text) => text }: SqliteSessionLogOptions,
): SessionLog {
  const words = createSessionWords(db, redact);
  const byId = db.prepare<[string], SessionRow>(`SELECT ${columns} FROM sessions WHERE id = ?`);
  const byPrefix = db.prepare<[{ start: string }], SessionRow>(
    `SELECT ${columns} FROM sessions WHERE substr(id, 1, length(:start)) = :start ORDER BY id LIMIT 4`,
  );
  const newestFirst = db.prepare<[number], SessionRow>(`SELECT ${columns} FROM sessions ORDER BY touched DESC LIMIT ?`);
  const insertSession = db.prepare(
    `INSERT INTO sessions (id, title, workspace, created_at, updated_at, touched)
     VALUES (:id, :title, :workspace, :createdAt, :createdAt, (SELECT coalesce(max(touched), 0) + 1 FROM sessions))`,
  );
  const insertEvent = db.prepare('INSERT INTO events (session, seq, body) VALUES (?, ?, ?)');
  const touch = db.prepare(
    `UPDATE sessions SET last_seq = ?, updated_at = max(updated_at, ?), touched = (SELECT max(touched) + 1 FROM sessions)
     WHERE number = ?`,
  );
  const readEvents = db
    .prepare<[number, number], string>('SELECT body FROM events WHERE session = ? AND seq > ? ORDER BY seq')
    .pluck();
  const deleteSession = db.prepare('DELETE FROM sessions WHERE number = ?');
  const setTitle = db.prepare('UPDATE sessions SET title = ? WHERE number = ?');

  const existing = (id: string): SessionRow => {
    const row = byId.get(id);
    if (row === undefined) throw new NootropicError('SESSION_NOT_FOUND', `There is no session ${id}.`);
    return row;
  };

  const create = db.transaction(({ events = [], ...session }: Parameters<SessionLog['create']>[0]): Session => {
    if (session.id === '' || session.id === 'latest') {
      throw new NootropicError('INPUT_INVALID', `A session cannot have the id ${JSON.stringify(session.id)}.`);
    }
    if (byId.get(session.id) !== undefined)
      throw new NootropicError('INPUT_INVALID', `There is a session ${session.id} already.`);
    insertSession.run(session);
    add(session.id, events);
    return asSession(existing(session.id));
  });

  const add = (sessionId: string, events: readonly TurnEvent[]): void => {
    const session = existing(sessionId);
    if (events.length === 0) return;
    let seq = session.events;
    for (const event of events) {
      seq += 1;
      if (event.seq !== seq) {
        throw new NootropicError(
          'INPUT_INVALID',
          `Event ${event.seq} does not follow ${seq - 1} in session ${sessionId}.`,
        );
      }
      if (event.sessionId !== sessionId) {
        throw new NootropicError(
          'INPUT_INVALID',
          `Event ${event.seq} is of session ${event.sessionId}, not ${sessionId}.`,
        );
      }
      insertEvent.run(session.number, seq, JSON.stringify(event));
    }
    touch.run(seq, now(), session.number);
  };
  const append = db.transaction(add);

  const change = db.transaction((sessionId: string, to: Parameters<SessionLog['change']>[1]): Session => {
    const session = existing(sessionId);
    if (to === 'removed') {
      words.remove(session.number);
      deleteSession.run(session.number);
      return asSession(session);
    }
    setTitle.run(to.title, session.number);
    words.rename(session.number, to.title);
    return asSession(existing(sessionId));
  });

  const read = db.transaction((sessionId: string, after: number): TurnEvent[] =>
    readEvents.all(existing(sessionId).number, after).map((body) => JSON.parse(body) as TurnEvent),
  );

  const find = db.transaction((id: string): Session => {
    if (id === 'latest') {
      const row = newestFirst.get(1);
      if (row === undefined) throw new NootropicError('SESSION_NOT_FOUND', 'There is no session yet.');
      return asSession(row);
    }
    const exact = byId.get(id);
    if (exact !== undefined) return asSession(exact);
    const rows = id === '' ? [] : byPrefix.all({ start: id });
    const [row] = rows;
    if (row === undefined) throw new NootropicError('SESSION_NOT_FOUND', `There is no session ${JSON.stringify(id)}.`);
    if (rows.length > 1) {
      const some = rows.slice(0, 3).map((candidate) => candidate.id);
      throw new NootropicError(
        'SESSION_NOT_FOUND',
        `${JSON.stringify(id)} is ambiguous: it could be ${some.join(', ')}${rows.length > 3 ? ', and more' : ''}.`,
        { hint: 'Give more characters of the id.' },
      );
    }
    return asSession(row);
  });

  /** Runs it and turns what it throws into one of our errors, as a rejection. */
  const attempt = async <T>(action: () => T | Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      throw mapSqliteError(error, path);
    }
  };

  return {
    create: (session) => attempt(() => create.immediate(session)),
    append: (sessionId, events) => attempt(() => append.immediate(sessionId, events)),
    read: (sessionId, after = 0) => attempt(() => read(sessionId, after)),
    find: (id) => attempt(() => find(id)),
    list: (matching) =>
      matching ? attempt(() => words.search(matching)) : attempt(() => newestFirst.all(-1).map(asSession)),
    change: (sessionId, to) =>
      attempt(() => {
        const session = change.immediate(sessionId, to);
        // The old pages may still lie in the log file. Where another program reads just now, they go with its next checkpoint.
        if (to === 'removed') db.pragma('wal_checkpoint(TRUNCATE)');
        return session;
      }),
    [Symbol.asyncDispose]: () => attempt(() => void db.close()),
  };
}

function asSession({ id, title, workspace, createdAt, updatedAt, events }: SessionRow): Session {
  return { id, title, workspace, createdAt, updatedAt, events };
}
