import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NootropicError } from '@nootropic/contracts';
import { pathFlavourOf, workspaceParts } from './workspace-path.ts';

export interface ScratchFolder {
  /** Absolute, with symbolic links resolved. */
  readonly path: string;
  /** Removes it with all that lies in it. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes a folder of this user's own among the temporary ones and writes files into it. Rejects with `PATH_OUTSIDE_ROOT` for a path that leads out, and
 * with `INPUT_INVALID` for two at one place; then nothing is left.
 */
export async function createScratchFolder(
  files: readonly { readonly path: string; readonly text: string }[] = [],
): Promise<ScratchFolder> {
  const path = await mkdtemp(join(await realpath(tmpdir()), 'nootropic-run-'));
  const remove = (): Promise<void> => rm(path, { recursive: true, force: true, maxRetries: 3 });
  try {
    for (const file of files) {
      const parts = workspaceParts(file.path, path, pathFlavourOf(process.platform));
      if (parts.length === 0) throw new NootropicError('INPUT_INVALID', 'A file needs a name.');
      const target = join(path, ...parts);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await writeFile(target, file.text, { flag: 'wx', mode: 0o600 });
    }
  } catch (cause) {
    await remove();
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (['EEXIST', 'ENOTDIR', 'EISDIR'].includes(code))
      throw new NootropicError('INPUT_INVALID', 'Two files are to lie at the same place.', { cause });
    throw cause;
  }
  return { path, [Symbol.asyncDispose]: remove };
}
