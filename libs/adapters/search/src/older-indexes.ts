import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tryFileLock } from '@nootropic/sqlite';
import { schemaVersion } from './index-schema.ts';

/**
 * Removes the indexes that older programs left in this folder, but none that an older program is writing now. To be called once the index
 * of this version holds something: until then the older one may still be of use to the program that made it.
 */
export function removeOlderIndexes(dir: string): void {
  for (let version = 1; version < schemaVersion; version += 1) {
    const lockPath = join(dir, `index-v${version}.lock`);
    const index = join(dir, `index-v${version}.sqlite`);
    if (!existsSync(index)) continue;
    const lock = tryFileLock(lockPath);
    if (lock === undefined) continue;
    try {
      for (const end of ['', '-wal', '-shm']) rmSync(index + end, { force: true });
      rmSync(join(dir, `vectors-v${version}`), { recursive: true, force: true });
    } finally {
      lock.release();
    }
    for (const end of ['', '-wal', '-shm']) rmSync(lockPath + end, { force: true });
  }
}
