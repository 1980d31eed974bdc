import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { NootropicError } from '@nootropic/contracts';

/** Less free space than this explains an I/O error that SQLite itself gives no reason for. */
const nearlyFullBytes = 1_048_576;

/** Bytes that an ordinary user can still write where this file lies; `undefined` when that cannot be told. */
function freeBytesBeside(path: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/**
 * Turns what SQLite or the file system threw about the file at `path` into a `NootropicError`:
 * `STORE_BUSY`, `DISK_FULL`, `DENIED`, `STORE_CORRUPT`, and `INTERNAL` for what is not about the file.
 * An I/O error counts as a full disk when the disk is in fact (nearly) full: SQLite reports a failed
 * flush or a shared-memory file that cannot grow as a plain I/O error.
 */
export function mapSqliteError(
  error: unknown,
  path: string,
  freeBytes: (path: string) => number | undefined = freeBytesBeside,
): NootropicError {
  if (NootropicError.is(error)) return error;
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const reason = error instanceof Error ? error.message : String(error);
  const as = (
    name: 'STORE_BUSY' | 'STORE_UNREADABLE' | 'DISK_FULL' | 'DENIED' | 'STORE_CORRUPT' | 'INTERNAL',
    message: string,
  ) => new NootropicError(name, message, { cause: error });

  if (isOneOf(code, ['SQLITE_BUSY', 'SQLITE_LOCKED'])) return as('STORE_BUSY', `Another program holds ${path}.`);
  if (isOneOf(code, ['SQLITE_FULL', 'ENOSPC', 'EDQUOT']))
    return as('DISK_FULL', `The disk is full: ${path} could not be written.`);
  if (isOneOf(code, ['SQLITE_READONLY', 'SQLITE_PERM', 'EACCES', 'EPERM', 'EROFS'])) {
    return as('DENIED', `${path} may not be written: ${reason}.`);
  }
  if (isOneOf(code, ['SQLITE_IOERR', 'SQLITE_CANTOPEN'])) {
    const free = freeBytes(path);
    if (free !== undefined && free < nearlyFullBytes)
      return as('DISK_FULL', `The disk is full: ${path} could not be written.`);
    return as('STORE_UNREADABLE', `${path} cannot be read or written: ${reason}.`);
  }
  if (isOneOf(code, ['SQLITE_CORRUPT', 'SQLITE_NOTADB', 'ENOTDIR', 'EISDIR'])) {
    return as('STORE_CORRUPT', `${path} is damaged or is not a database: ${reason}.`);
  }
  return as('INTERNAL', `${path}: ${reason}`);
}

/** Extended result codes begin with the primary one: `SQLITE_IOERR_FSYNC`. */
function isOneOf(code: string, primary: readonly string[]): boolean {
  return primary.some((name) => code === name || (name.startsWith('SQLITE_') && code.startsWith(`${name}_`)));
}
