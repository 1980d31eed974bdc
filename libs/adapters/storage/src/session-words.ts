import type { FoundSession, Session, SessionQuery } from '@nootropic/contracts';
import type { Database } from '@nootropic/sqlite';

/**
 * What was said, for searching: a row for each turn, what was asked and what was answered, and one without a turn for the title alone. Words are
 * taken in by the search that first needs them, so that writing events costs nothing more.
 */
export const sessionWordsSchema = `
  ALTER TABLE sessions ADD COLUMN words_seq INTEGER NOT NULL DEFAULT -1;
  CREATE TABLE said (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session INTEGER NOT NULL REFERENCES sessions (number) ON DELETE CASCADE,
    turn TEXT NOT NULL,
    UNIQUE (session, turn)
  ) STRICT;
  CREATE VIRTUAL TABLE words USING fts5 (title, text, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3');
  INSERT INTO words (words, rank) VALUES ('secure-delete', 1);`;

/** Words of the title count twice, https://sqlite.org/fts5.html#the_bm25_function. */
const weights = '2.0, 1.0';
/** Characters of one turn that can be found. */
const longestText = 200_000;
/** Sessions that are taken in between two looks at other work. */
const sessionsAtOnce = 20;
/** Tokens of a snippet, and a sign around the words in it that no text has. */
const snippetTokens = 24;
const mark = '\u0001';

const sessionColumns = `s.id AS id, s.title AS title, s.workspace AS workspace, s.created_at AS createdAt,
  s.updated_at AS updatedAt, s.last_seq AS events`;

export interface SessionWords {
  search(query: SessionQuery): Promise<FoundSession[]>;
  rename(session: number, title: string): void;
  /** Before the session itself is removed. */
  remove(session: number): void;
}

interface FoundRow extends Session {
  readonly said: number;
  readonly turn: string;
}

/** What can be found in the sessions of a database. `redact` takes secrets out of what is kept for searching. */
export function createSessionWords(db: Database, redact: (text: string) => string): SessionWords {
  const behind = db.prepare<[number], { number: number; title: string; last: number; taken: number }>(
    `SELECT number, title, last_seq AS last, words_seq AS taken FROM sessions WHERE words_seq < last_seq
     ORDER BY touched DESC LIMIT ?`,
  );
  const spoken = db
    .prepare<[number, number, number], string>(
      `SELECT body FROM events WHERE session = ? AND seq > ? AND seq <= ?
       AND json_extract(body, '$.type') IN ('turn-start', 'user-message', 'turn-end') ORDER BY seq`,
    )
    .pluck();
  const findTurn = db.prepare<[number, string], number>('SELECT id FROM said WHERE session = ? AND turn = ?').pluck();
  const addTurn = db
    .prepare<[number, string], number>('INSERT INTO said (session, turn) VALUES (?, ?) RETURNING id')
    .pluck();
  const addWords = db.prepare('INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)');
  const textOf = db.prepare<[number], string>('SELECT text FROM words WHERE rowid = CAST(? AS INTEGER)').pluck();
  const setText = db.prepare('UPDATE words SET text = ? WHERE rowid = CAST(? AS INTEGER)');
  const taken = db.prepare('UPDATE sessions SET words_seq = ? WHERE number = ?');
  const setTitle = db.prepare('UPDATE words SET title = ? WHERE rowid IN (SELECT id FROM said WHERE session = ?)');
  const removeWords = db.prepare('DELETE FROM words WHERE rowid IN (SELECT id FROM said WHERE session = ?)');
  const found = db.prepare<[Record<string, unknown>], FoundRow>(
    `WITH hits AS MATERIALIZED (SELECT rowid AS id, bm25(words, ${weights}) AS score FROM words WHERE words MATCH :all),
       spoken AS MATERIALIZED (SELECT rowid AS id FROM words WHERE words MATCH :any),
       placed AS (
         SELECT said.id AS id, said.session AS session, said.turn AS turn, hits.score AS score,
           row_number() OVER (
             PARTITION BY said.session ORDER BY said.id IN (SELECT id FROM spoken) DESC, hits.score, said.id
           ) AS place
         FROM hits JOIN said ON said.id = hits.id
       )
     SELECT ${sessionColumns}, placed.id AS said, placed.turn AS turn
     FROM placed JOIN sessions s ON s.number = placed.session
     WHERE placed.place = 1 AND (:workspace IS NULL OR s.workspace = :workspace)
     ORDER BY placed.score, s.touched DESC LIMIT :limit`,
  );
  // A number is bound as a real one, by which FTS5 finds no row of an expression: it gives the first.
  const snippet = db
    .prepare<[string, number], string>(
      `SELECT snippet(words, 1, '${mark}', '${mark}', '…', ${snippetTokens}) FROM words
       WHERE words MATCH ? AND rowid = CAST(? AS INTEGER)`,
    )
    .pluck();

  const write = (session: number, title: string, said: { readonly turn: string; readonly text: string }): void => {
    const known = findTurn.get(session, said.turn);
    const text = redact(said.text).replaceAll(mark, ' ');
    if (known === undefined) addWords.run(addTurn.get(session, said.turn), title, text.slice(0, longestText));
    else if (text !== '') setText.run(`${textOf.get(known) ?? ''}\n${text}`.slice(0, longestText), known);
  };

  /** Takes in what was said in some sessions since the last time, and says how many there were. */
  const takeIn = db.transaction((): number => {
    const sessions = behind.all(sessionsAtOnce);
    for (const session of sessions) {
      const title = redact(session.title);
      write(session.number, title, { turn: '', text: '' });
      const turns = new Map<string, string[]>();
      for (const body of spoken.iterate(session.number, session.taken, session.last)) {
        const { turnId, text } = JSON.parse(body) as { turnId: string; text: string };
        turns.set(turnId, [...(turns.get(turnId) ?? []), text]);
      }
      for (const [turn, texts] of turns) write(session.number, title, { turn, text: texts.join('\n') });
      taken.run(session.last, session.number);
    }
    return sessions.length;
  });

  return {
    async search({ query, workspace, limit = 20 }) {
      const words = wordsOf(query);
      if (words.length === 0) return [];
      while (behind.get(1) !== undefined && takeIn.immediate() === sessionsAtOnce)
        await new Promise<void>((resolve) => setImmediate(resolve));
      const all = words.join(' AND ');
      const any = `text : (${words.join(' OR ')})`;
      return found.all({ all, any, limit, workspace: workspace ?? null }).map(({ said, turn, ...session }) => {
        const text = snippet.get(all, said) ?? '';
        const isSpoken = turn !== '' && text.includes(mark);
        const shown = isSpoken ? text.replaceAll(mark, '') : redact(session.title);
        return {
          ...session,
          found: { snippet: shown.replace(/\s+/gu, ' ').trim(), ...(isSpoken && { turnId: turn }) },
        };
      });
    },
    rename: (session, title) => void setTitle.run(redact(title), session),
    remove: (session) => void removeWords.run(session),
  };
}

/** Words as FTS5 takes them, each or its beginning; one with signs in it is the words between them, one after the other. */
function wordsOf(query: string): string[] {
  return query
    .replaceAll('\0', ' ')
    .split(/\s+/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
    .map((word) => `"${word.replaceAll('"', '""')}" *`);
}
