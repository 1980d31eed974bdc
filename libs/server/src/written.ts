import { lstat, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Paths } from './paths.ts';

export interface WrittenFile {
  readonly path: string;
  readonly bytes: number;
}

/** Every file that the program wrote on this machine, for a person to see before it is removed. */
export async function listWritten(paths: Paths): Promise<WrittenFile[]> {
  const found = new Map<string, WrittenFile>();
  const visit = async (path: string): Promise<void> => {
    const stat = await lstat(path).catch(() => undefined);
    if (!stat) return;
    if (!stat.isDirectory()) found.set(path, { path, bytes: stat.size });
    else for (const name of await readdir(path)) await visit(join(path, name));
  };
  for (const path of paths.owned) await visit(path);
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Removes what the program wrote, then the folders that held it where nothing else is in them.
 * What lies elsewhere, such as a model used by its path, is not touched.
 */
export async function removeWritten(paths: Paths): Promise<void> {
  for (const path of paths.owned) await rm(path, { recursive: true, force: true });
  for (const folder of new Set(paths.owned.map((path) => dirname(path)))) {
    await rmdir(folder)
      .then(() => rmdir(dirname(folder)))
      .catch(() => undefined); // in use by something else, or gone already
  }
}
