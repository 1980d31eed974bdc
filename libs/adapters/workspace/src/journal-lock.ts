import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { NootropicError } from '@nootropic/contracts';
import { openDatabase, mapSqliteError } from '@nootropic/sqlite';

export interface JournalLock extends Disposable {
  /** Does work while nobody else does: neither in this program nor in another. Rejects with `STORE_BUSY` after waiting. */
  hold<T>(work: () => Promise<T>): Promise<T>;
  /** Does it only where the lock is free now. */
  holdIfFree(work: () => Promise<void>): Promise<void>;
}

const askEveryMs = 25;

/**
 * The lock that the file at `path` stands for: SQLite's write lock on a database that is never written, which the system frees when
 * its holder dies.
 */
export function openJournalLock(path: string, waitMs: number): JournalLock {
  const db = openDatabase({ path, migrations: [], durability: 'normal' });
  db.pragma('busy_timeout = 0');
  const inside = new AsyncLocalStorage<true>();
  let turn: Promise<unknown> = Promise.resolve();

  const tryTake = (): boolean => {
    try {
      db.exec('BEGIN IMMEDIATE');
      return true;
    } catch (error) {
      const mapped = mapSqliteError(error, path);
      if (mapped.code === 'STORE_BUSY') return false;
      throw mapped;
    }
  };
  const take = async (): Promise<void> => {
    for (let waited = 0; !tryTake(); waited += askEveryMs) {
      if (waited >= waitMs)
        throw new NootropicError('STORE_BUSY', 'Another program is changing files in this folder.', {
          hint: 'Wait for it to finish, or end it, then try again.',
        });
      await pause(askEveryMs);
    }
  };
  const queued = <T>(work: () => Promise<T>): Promise<T> => {
    if (inside.getStore())
      return Promise.reject(
        new NootropicError(
          'STORE_BUSY',
          'The journal is asked to change files from within a change that it is recording.',
        ),
      );
    const mine = turn.then(() => inside.run(true, work));
    turn = mine.catch(() => undefined);
    return mine;
  };
  const release = (): void => {
    if (db.open) db.exec('ROLLBACK');
  };

  return {
    hold: (work) =>
      queued(async () => {
        await take();
        try {
          return await work();
        } finally {
          release();
        }
      }),
    holdIfFree: (work) =>
      queued(async () => {
        if (!tryTake()) return;
        try {
          await work();
        } finally {
          release();
        }
      }),
    [Symbol.dispose]: () => void db.close(),
  };
}
