import type { Lesson } from '@nootropic/contracts';
import { mapSqliteError, openDatabase, type Database } from '@nootropic/sqlite';
import { rankLessons, similarity } from './lesson-rank.ts';

export interface SqliteLessonsOptions {
  /** The database file. Made, with its folder, where it is missing; readable by this user only. */
  readonly path: string;
  /** Lessons that are kept. */
  readonly most: number;
  readonly now: () => number;
  readonly newId: () => string;
}

export interface SqliteLessons {
  add(lesson: Omit<Lesson, 'id' | 'at'>): Lesson;
  recall(about: { readonly text: string; readonly paths: readonly string[]; readonly limit: number }): Lesson[];
  all(): Lesson[];
  remove(id: string): boolean;
  close(): void;
}

const migrations = [
  `CREATE TABLE lessons (
    id TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    paths TEXT NOT NULL,
    at REAL NOT NULL,
    session TEXT NOT NULL,
    recalls INTEGER NOT NULL DEFAULT 0,
    recalled REAL NOT NULL DEFAULT 0,
    seq INTEGER NOT NULL
  ) STRICT;`,
];

/** From this share of common words on, two lessons are one. */
const alike = 0.8;
const longestText = 4_000;
const mostPaths = 50;

interface Row {
  readonly id: string;
  readonly text: string;
  readonly paths: string;
  readonly at: number;
  readonly session: string;
}

function lessonOf({ id, text, paths, at, session }: Row): Lesson {
  return { id, text, paths: JSON.parse(paths) as string[], at, sessionId: session };
}

/**
 * Lessons in one SQLite file, which several programs may use at once. One that says the same as another takes its place. When there are too many,
 * those go first that were recalled least, the oldest of them first. What was added survives a kill of the process.
 */
export function createSqliteLessons({ path, most, now, newId }: SqliteLessonsOptions): SqliteLessons {
  let open: Database | undefined;
  const db = (): Database => (open ??= openDatabase({ path, migrations, durability: 'full' }));
  const guarded = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (cause) {
      throw mapSqliteError(cause, path);
    }
  };
  const rows = (): Row[] =>
    db().prepare<unknown[], Row>('SELECT id, text, paths, at, session FROM lessons ORDER BY seq DESC').all();

  const add = (lesson: Omit<Lesson, 'id' | 'at'>): Lesson => {
    const text = lesson.text.slice(0, longestText);
    const same = rows().find((row) => row.text === text || similarity(row.text, text) >= alike);
    const known = same ? lessonOf(same) : undefined;
    const paths = [...new Set([...(known?.paths ?? []), ...lesson.paths])].slice(-mostPaths);
    const kept: Lesson = { id: known?.id ?? newId(), text, paths, at: now(), sessionId: lesson.sessionId };
    db()
      .prepare(
        `INSERT INTO lessons (id, text, paths, at, session, seq)
         VALUES (?, ?, ?, ?, ?, (SELECT coalesce(max(seq), 0) + 1 FROM lessons))
         ON CONFLICT (id) DO UPDATE SET text = excluded.text, paths = excluded.paths, at = excluded.at,
           session = excluded.session, seq = excluded.seq`,
      )
      .run(kept.id, kept.text, JSON.stringify(kept.paths), kept.at, kept.sessionId);
    // The one that was just learnt is never the one that goes.
    db()
      .prepare(
        `DELETE FROM lessons WHERE id IN (
           SELECT id FROM lessons WHERE id <> ? ORDER BY recalls DESC, max(at, recalled) DESC, seq DESC LIMIT -1 OFFSET ?)`,
      )
      .run(kept.id, Math.max(0, most - 1));
    return kept;
  };

  return {
    add: (lesson) =>
      guarded(() =>
        db()
          .transaction(() => add(lesson))
          .immediate(),
      ),
    recall: ({ text, paths, limit }) =>
      guarded(() => {
        const time = now();
        const best = rankLessons(rows().map(lessonOf), { text, paths, now: time }).slice(0, Math.max(0, limit));
        const note = db().prepare('UPDATE lessons SET recalls = recalls + 1, recalled = ? WHERE id = ?');
        for (const { id } of best) note.run(time, id);
        return best;
      }),
    all: () => guarded(() => rows().map(lessonOf)),
    remove: (id) => guarded(() => db().prepare('DELETE FROM lessons WHERE id = ?').run(id).changes > 0),
    close() {
      const database = open;
      open = undefined;
      guarded(() => database?.close());
    },
  };
}
