import { setTimeout as sleep } from 'node:timers/promises';
import { NootropicError } from '@nootropic/contracts';
import { tryFileLock, type FileLock } from '@nootropic/sqlite';
import type { Paths } from './paths.ts';
import { readHostRecord } from './host-record.ts';

/** Somebody who only looks whether the lock is held holds it for a moment himself, in milliseconds, on a machine that is busy. */
const glanceMs = 250;
/** A host that has not written down where it is may be one that ends, in milliseconds. */
const endingMs = 6000;
const stepMs = 25;

/**
 * Makes this process the one host of its user. The lock is the system's, so that it is free when its holder has ended, however it ended.
 * Rejects with `HOST_RUNNING` where another process holds it.
 */
export async function takeHostLock(paths: Pick<Paths, 'hostLock' | 'host'>): Promise<FileLock> {
  for (let waited = 0; ; waited += stepMs) {
    const lock = tryFileLock(paths.hostLock);
    if (lock) return lock;
    const record = await readHostRecord(paths.host);
    if (waited >= (record === undefined ? endingMs : glanceMs)) {
      const where = record === undefined ? '' : ` at ${record.url}, as process ${String(record.pid)}`;
      throw new NootropicError('HOST_RUNNING', `A host is running already${where}.`);
    }
    await sleep(stepMs);
  }
}

/** Whether a host runs, or is starting or ending. */
export function isHostLocked({ hostLock }: Pick<Paths, 'hostLock'>): boolean {
  const lock = tryFileLock(hostLock);
  lock?.release();
  return lock === undefined;
}

/** Waits until no host runs; says whether that came to be in time. */
export async function hostEnded(paths: Pick<Paths, 'hostLock'>, limitMs: number): Promise<boolean> {
  for (let waited = 0; isHostLocked(paths); waited += 2 * stepMs) {
    if (waited >= limitMs) return false;
    await sleep(2 * stepMs);
  }
  return true;
}
