import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { tryFileLock, type Database, type FileLock } from '@nootropic/sqlite';
import { clearTexts } from './context-room.ts';

/** The writers of one store, in all programs. Each holds a lock of the operating system while it writes, which ends with its process. */
export interface ContextWriters {
  /** The name under which this one writes; takes its lock at the first call. */
  own(): string;
  /** Removes what writers left unfinished whose process is gone. */
  recover(): Promise<void>;
  release(): void;
}

export function createContextWriters(db: Database, path: string, newId: () => string): ContextWriters {
  const start = `${basename(path)}.writer-`;
  let held: { readonly id: string; readonly lock: FileLock } | undefined;
  const fileOf = (id: string): string => join(dirname(path), `${start}${id}`);
  const removeFiles = (id: string): void => {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${fileOf(id)}${end}`, { force: true });
  };
  const lockFiles = (): string[] =>
    readdirSync(dirname(path))
      .filter((name) => name.startsWith(start) && !/-(?:wal|shm|journal)$/u.test(name))
      .map((name) => name.slice(start.length));

  return {
    own() {
      if (held === undefined) {
        const id = newId();
        const lock = tryFileLock(fileOf(id));
        if (lock === undefined) throw new Error(`The lock of the new writer ${id} is taken.`);
        held = { id, lock };
      }
      return held.id;
    },
    async recover() {
      const writers = db.prepare('SELECT DISTINCT writer FROM texts WHERE writer IS NOT NULL').pluck().all();
      const textsOf = db.prepare<[string], number>('SELECT id FROM texts WHERE writer = ?').pluck();
      for (const id of new Set([...(writers as string[]), ...lockFiles()])) {
        if (id === held?.id) continue;
        const lock = tryFileLock(fileOf(id));
        if (lock === undefined) continue;
        try {
          await clearTexts(db, textsOf.all(id));
        } finally {
          lock.release();
        }
        removeFiles(id);
      }
    },
    release() {
      if (held === undefined) return;
      const { id, lock } = held;
      held = undefined;
      lock.release();
      removeFiles(id);
    },
  };
}
