import type { Knowledge } from '@nootropic/contracts';

/** Files above which a model is not held to those that are there: the grammar of a call would grow with them. */
const mostFiles = 300;
const mostFolders = 200;

/** Paths of all files of a workspace that are not ignored; none where there are too many to name them all. */
export async function existingPaths(knowledge: Pick<Knowledge, 'list'>): Promise<string[]> {
  const files: string[] = [];
  const folders = ['.'];
  for (const folder of folders) {
    for (const name of await knowledge.list(folder)) {
      const path = folder === '.' ? name : `${folder}${name}`;
      (name.endsWith('/') ? folders : files).push(path);
    }
    if (files.length > mostFiles || folders.length > mostFolders) return [];
  }
  return files;
}
