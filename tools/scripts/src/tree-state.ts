import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Every path below a folder with its kind, its mode and what it holds. An absent folder holds nothing. */
export async function treeState(root: string): Promise<ReadonlyMap<string, string>> {
  const state = new Map<string, string>();
  const visit = async (folder: string): Promise<void> => {
    const names = await readdir(join(root, folder)).catch(() => []);
    for (const name of names.toSorted()) {
      const path = folder === '' ? name : `${folder}/${name}`;
      const stats = await lstat(join(root, path));
      const mode = (stats.mode & 0o7777).toString(8);
      if (stats.isSymbolicLink()) state.set(path, `link to ${await readlink(join(root, path))}`);
      else if (stats.isDirectory()) {
        state.set(path, `folder ${mode}`);
        await visit(path);
      } else if (stats.isFile())
        state.set(
          path,
          `file ${mode} ${createHash('sha256')
            .update(await readFile(join(root, path)))
            .digest('hex')}`,
        );
      else state.set(path, 'something else');
    }
  };
  await visit('');
  return state;
}

/** One sentence for each path that is not the same in both; it begins with the path. */
export function treeDifferences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return paths
    .filter((path) => before.get(path) !== after.get(path))
    .map((path) => `${path} was ${before.get(path) ?? 'nothing'} and is ${after.get(path) ?? 'nothing'}`);
}
