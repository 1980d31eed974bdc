import { execFile } from 'node:child_process';
import { mkdir, rmdir, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { NootropicError } from '@nootropic/contracts';
import type { Paths } from './paths.ts';

export interface PrivateFoldersOptions {
  /** Default: this system. */
  readonly platform?: NodeJS.Platform;
  /** Runs a program; default Node's. */
  readonly run?: (file: string, args: readonly string[]) => Promise<unknown>;
  /** Default: the user of this process. */
  readonly user?: string;
}

/**
 * Makes the folders that hold the program's files, for this user only. POSIX systems have modes for that, 0700, and every file below
 * has its own. Windows has none: there a new folder gets an access list that names this user alone, and what is made in it inherits that.
 * A folder that exists is left as the user has it.
 *
 * Rejects with `DENIED` where a folder cannot be made or protected: nothing is written into one that others can read.
 */
export async function makePrivateFolders(paths: Paths, options: PrivateFoldersOptions = {}): Promise<void> {
  const { platform = process.platform, run = promisify(execFile), user = userInfo().username } = options;
  if (platform !== 'win32') return;
  for (const folder of new Set(paths.owned.map((path) => dirname(path)))) {
    if (await stat(folder).catch(() => undefined)) continue;
    try {
      await mkdir(folder, { recursive: true });
      await run('icacls', [folder, '/inheritance:r', '/grant:r', `${user}:(OI)(CI)F`]);
    } catch (cause) {
      // An unprotected folder must not be taken for a protected one the next time.
      await rmdir(folder).catch(() => undefined);
      throw new NootropicError(
        'DENIED',
        `${folder} could not be made for you alone: ${cause instanceof Error ? cause.message : String(cause)}`,
        {
          cause,
          hint: 'Set NOOTROPIC_HOME to a folder that you own.',
        },
      );
    }
  }
}
