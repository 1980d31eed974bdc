import type { Database } from '@nootropic/sqlite';

/** What is known of how the vectors of one embedder and the chunks fit together. */
export interface VectorUpkeep {
  /** Chunks without a vector, and the files that they belong to, in the order of their paths. */
  lacking(): { readonly chunks: number; readonly files: string[] };
  /**
   * Whether search may go by these vectors: where no other embedder has made any, or once each chunk has had one. Until then a new embedder's vectors are built beside the old one's,
   * and what is found by the few that are there would push back all that is found by words.
   */
  isWhole(): boolean;
  /** Forgets the vectors of chunks that are gone longest, when there are far too many. Says whether it forgot any. */
  trim(): boolean;
}

export interface VectorUpkeepOptions {
  readonly db: Database;
  readonly space: number;
  /** Whether a vector outside the database counts as there. */
  readonly outside: boolean;
  /** Vectors of chunks that are gone, which are kept so that a change back needs no embedding. */
  readonly spares: number;
}

export function createVectorUpkeep({ db, space, outside, spares }: VectorUpkeepOptions): VectorUpkeep {
  const there = `SELECT 1 FROM vectors WHERE space = ? AND vectors.hash = chunks.hash${outside ? '' : ' AND vector IS NOT NULL'}`;
  const files = db
    .prepare<[number], string>(
      `SELECT DISTINCT path FROM chunks JOIN files ON files.id = chunks.file WHERE NOT EXISTS (${there}) ORDER BY path`,
    )
    .pluck();
  const chunks = db
    .prepare<[number], number>(`SELECT count(DISTINCT hash) FROM chunks WHERE NOT EXISTS (${there})`)
    .pluck();
  const anyLacking = db.prepare<[number], number>(`SELECT 1 FROM chunks WHERE NOT EXISTS (${there}) LIMIT 1`).pluck();
  const others = db.prepare<[number], number>('SELECT 1 FROM vectors WHERE space <> ? LIMIT 1').pluck();
  const marked = db.prepare<[number], number>('SELECT whole FROM spaces WHERE id = ?').pluck();
  const mark = db.prepare<[number]>('UPDATE spaces SET whole = 1 WHERE id = ?');
  const unused = 'FROM vectors WHERE hash NOT IN (SELECT hash FROM chunks)';
  const countUnused = db.prepare<[], number>(`SELECT count(*) ${unused}`).pluck();
  const forget = db.prepare<[number]>(
    `DELETE FROM vectors WHERE id IN (SELECT id ${unused} ORDER BY seen DESC, id DESC LIMIT -1 OFFSET ?)`,
  );
  const countRemoval = db.prepare('UPDATE removals SET version = version + 1');
  const trim = db.transaction((): boolean => {
    if ((countUnused.get() ?? 0) <= 2 * spares) return false;
    forget.run(spares);
    countRemoval.run();
    return true;
  });
  // The embedder before this one keeps its vectors, in case it comes back; those before it do not.
  const forgetOlder = db.prepare<[number, number]>(
    'DELETE FROM vectors WHERE space NOT IN (?, (SELECT max(id) FROM spaces WHERE id <> ?))',
  );
  // Changes by other connections show in the one, changes by this one in the other.
  const version = (): string => `${String(db.pragma('data_version', { simple: true }))} ${String(totalChanges.get())}`;
  const totalChanges = db.prepare<[], number>('SELECT total_changes()').pluck();
  let lookedAt = '';

  return {
    lacking: () => ({ chunks: chunks.get(space) ?? 0, files: files.all(space) }),
    isWhole() {
      if (marked.get(space) === 1) return true;
      const at = version();
      if (at === lookedAt) return false;
      if (others.get(space) === undefined) return true;
      if (anyLacking.get(space) !== undefined) {
        lookedAt = at;
        return false;
      }
      try {
        mark.run(space);
        forgetOlder.run(space, space);
      } catch {
        // Another program is writing: it will be found out again.
      }
      return true;
    },
    trim,
  };
}
