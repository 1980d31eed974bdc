import type { Database } from './load-sqlite.ts';

/**
 * Reads the whole database and compares its structures. Gives what is wrong, at most 100 lines; an empty list when all is well.
 * Takes time in proportion to the file.
 */
export function checkIntegrity(db: Database): string[] {
  const problems = (db.pragma('integrity_check') as { integrity_check: string }[])
    .map((row) => row.integrity_check)
    .filter((line) => line !== 'ok');
  const orphans = db.pragma('foreign_key_check') as { table: string; parent: string }[];
  return [
    ...problems,
    ...orphans.map((row) => `a row of ${row.table} names a row of ${row.parent} that is gone`),
  ].slice(0, 100);
}
