import { NootropicError } from '@nootropic/contracts';
import type { Database } from '@nootropic/sqlite';
import { usedBytes } from './context-schema.ts';

/** Pages of the table of words that one step of cleaning it rewrites. */
const mergePages = 500;
/** Where room is made, a sixteenth of all more than is needed, so that it is not made for every block anew. */
const spare = 16;
/** Rows that one step of clearing takes away: few, so that a step needs little room of its own in the log of the database. */
const clearedAtOnce = { blocks: 64, passages: 2000 };

/**
 * Brings the store below its limit with so many bytes to come: lets go of the entries without a name that were not used for longest, then
 * of what the table of words still holds of them. Rejects with `DISK_FULL` where that is not enough. Lets others run between its steps.
 */
export async function makeRoom(
  db: Database,
  room: { readonly maxBytes: number; readonly needed: number; readonly writer: () => string },
): Promise<void> {
  const { maxBytes, needed, writer } = room;
  const isEnough = (): boolean => usedBytes(db) + needed <= maxBytes;
  if (isEnough()) return;
  const oldest = db.prepare<[], number>('SELECT number FROM entries WHERE name IS NULL ORDER BY used LIMIT 1').pluck();
  let excess = usedBytes(db) + needed - maxBytes + maxBytes / spare;
  for (let number = oldest.get(); number !== undefined && excess > 0; number = oldest.get()) {
    const gone = dropEntries(db, [number], writer);
    excess -= gone.disk;
    await clearTexts(db, gone.texts);
  }
  const changes = db.prepare<[], number>('SELECT total_changes()').pluck();
  const merge = db.prepare(`INSERT INTO words (words, rank) VALUES ('merge', ?)`);
  for (let pages = -mergePages; !isEnough(); pages = mergePages) {
    const before = changes.get() ?? 0;
    merge.run(pages);
    // Less than two changed rows mean that there was nothing to merge (https://sqlite.org/fts5.html#the_merge_command).
    if ((changes.get() ?? 0) - before < 2) break;
    await pause();
  }
  if (isEnough()) return;
  throw new NootropicError('DISK_FULL', `The context store may take ${readable(maxBytes)}, and they are taken.`, {
    hint: 'Remove what is no longer needed with `nootropic context rm ID` or `nootropic sources remove NAME`.',
  });
}

/** What is still to be cleared after entries were dropped. */
export interface Dropped {
  readonly texts: readonly number[];
  readonly disk: number;
}

/** Takes entries out, all at once. Texts that no other entry has are given to the writer, to be cleared: nobody finds them any more. */
export function dropEntries(db: Database, numbers: readonly number[], writer: () => string): Dropped {
  const orphans = db.prepare<[number], { id: number; disk: number }>(
    `SELECT DISTINCT t.id, t.disk FROM parts p JOIN texts t ON t.id = p.text WHERE p.entry = ?
     AND NOT EXISTS (SELECT 1 FROM parts o WHERE o.text = p.text AND o.entry <> p.entry)`,
  );
  const give = db.prepare('UPDATE texts SET writer = ? WHERE id = ?');
  const remove = db.prepare('DELETE FROM entries WHERE number = ?');
  const owner = writer();
  return db
    .transaction(() => {
      const texts: number[] = [];
      let disk = 0;
      for (const number of numbers) {
        for (const orphan of orphans.all(number)) {
          give.run(owner, orphan.id);
          texts.push(orphan.id);
          disk += orphan.disk;
        }
        remove.run(number);
      }
      return { texts, disk };
    })
    .immediate();
}

/** Takes texts out of every table, a little at a time, and gives their room back to the disk. */
export async function clearTexts(db: Database, texts: readonly number[]): Promise<void> {
  if (texts.length === 0) return;
  const blocks = db.prepare(
    'DELETE FROM blocks WHERE text = ? AND seq IN (SELECT seq FROM blocks WHERE text = ? LIMIT ?)',
  );
  const some = db.prepare<[number, number], number>('SELECT id FROM passages WHERE text = ? LIMIT ?').pluck();
  const word = db.prepare('DELETE FROM words WHERE rowid = ?');
  const passage = db.prepare('DELETE FROM passages WHERE id = ?');
  const text = db.prepare('DELETE FROM texts WHERE id = ?');
  for (const id of texts) {
    const step = db.transaction((): boolean => {
      const found = some.all(id, clearedAtOnce.passages);
      for (const each of found) {
        word.run(each);
        passage.run(each);
      }
      const removed = blocks.run(id, id, clearedAtOnce.blocks).changes;
      if (found.length > 0 || removed > 0) return true;
      text.run(id);
      return false;
    });
    while (step.immediate()) await pause();
  }
  db.pragma('incremental_vacuum');
}

/** Lets others run: what the store does at a stretch takes a few milliseconds. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function readable(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
