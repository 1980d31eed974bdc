import { listContained, type Place } from './contained-file.ts';

/** In this order: the first that a folder has stands for it. */
export const instructionNames = ['AGENTS.md', 'CLAUDE.md', 'GEMINI.md'] as const;

const skipped = new Set([
  'node_modules',
  'bower_components',
  'vendor',
  'target',
  'dist',
  'build',
  'out',
  '__pycache__',
  'venv',
  'coverage',
]);
const deepest = 8;

/**
 * Paths of files of instructions below the root, the nearest to it first. Hidden folders, those of dependencies and of what is built,
 * repositories of their own and links to folders are not entered; nor more than `mostFolders`.
 */
export async function findInstructions(place: Place, mostFolders: number): Promise<string[]> {
  const found: string[] = [];
  let level: string[] = [''];
  let entered = 0;
  for (let depth = 0; depth <= deepest && level.length > 0; depth += 1) {
    const next: string[] = [];
    for (const folder of level) {
      entered += 1;
      if (entered > mostFolders) return found;
      const names = await listContained(place, folder);
      if (names === undefined || 'refused' in names) continue;
      // A repository of its own is trusted by itself, or not.
      if (folder !== '' && names.some(({ name }) => name === '.git')) continue;
      const below = folder === '' ? '' : `${folder}/`;
      const name = instructionNames.find((wanted) =>
        names.some((entry) => entry.name === wanted && entry.kind !== 'folder'),
      );
      if (name !== undefined) found.push(`${below}${name}`);
      for (const entry of names)
        if (entry.kind === 'folder' && !entry.name.startsWith('.') && !skipped.has(entry.name))
          next.push(`${below}${entry.name}`);
    }
    level = next;
  }
  return found;
}
