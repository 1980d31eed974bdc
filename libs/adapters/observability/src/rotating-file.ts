import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface RotatingFileOptions {
  /** Absolute path of the folder; made (0700) when the first line comes. */
  readonly dir: string;
  /** File name without its ending: `NAME.log`, then `NAME.1.log` … the older. */
  readonly name: string;
  /** Bytes after which a new file is begun. */
  readonly maxBytes: number;
  /** Files kept, the current one among them. */
  readonly files: number;
  /** Milliseconds; for the pause after a failure. */
  readonly now: () => number;
}

/** A file that lines are appended to. */
export interface RotatingFile {
  /** False when the line could not be written. Never throws. */
  write(line: string): boolean;
  close(): void;
}

const pauseAfterFailureMs = 1_000;

/**
 * Lines are written at once and in one piece, so that none is lost when the process exits or is killed, and lines of two processes never mix.
 * Each process looks at the file itself before it rotates, so that two never rotate the same one.
 */
export function createRotatingFile(options: RotatingFileOptions): RotatingFile {
  const path = join(options.dir, `${options.name}.log`);
  let handle: number | undefined;
  let size = 0;
  let failedAt = Number.NEGATIVE_INFINITY;

  function openFile(): number {
    mkdirSync(options.dir, { recursive: true, mode: 0o700 });
    const opened = openSync(path, 'a', 0o600);
    size = fstatSync(opened).size;
    return opened;
  }

  function close(): void {
    if (handle === undefined) return;
    const open = handle;
    handle = undefined;
    closeSync(open);
  }

  function rotate(): void {
    const current = handle === undefined ? undefined : fstatSync(handle);
    close();
    const named = statSync(path, { throwIfNoEntry: false });
    // Another process has rotated already: the name leads to a new file.
    if (named === undefined || (current !== undefined && named.ino !== current.ino)) return;
    rmSync(older(options.files - 1), { force: true });
    for (let n = options.files - 2; n >= 0; n -= 1) {
      const from = n === 0 ? path : older(n);
      if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, older(n + 1));
    }
  }

  function older(n: number): string {
    return n === 0 ? path : join(options.dir, `${options.name}.${n}.log`);
  }

  return {
    write(line) {
      if (options.now() - failedAt < pauseAfterFailureMs) return false;
      try {
        handle ??= openFile();
        const bytes = Buffer.from(line);
        if (size > 0 && size + bytes.length > options.maxBytes) {
          rotate();
          handle = openFile();
        }
        writeSync(handle, bytes);
        size += bytes.length;
        return true;
      } catch {
        failedAt = options.now();
        try {
          close();
        } catch {
          // A handle that cannot be closed is gone anyway.
        }
        return false;
      }
    },
    close() {
      try {
        close();
      } catch {
        // Nothing was buffered, so nothing is lost.
      }
    },
  };
}
