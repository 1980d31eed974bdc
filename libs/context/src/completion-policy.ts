import type { Files } from '@nootropic/contracts';
import { createIgnoreRules, ignoreFileNames, readIgnoreSources, type IgnoreRules } from './ignore-rules.ts';
import { isBinaryName } from './ignored-by-default.ts';
import { isSecretPath } from './secret-paths.ts';

/** So long the rules of a folder are what they were, in milliseconds: an editor asks with every key. */
const rulesMs = 10_000;
const mostFolders = 200;

/** Tells why a file of the workspace is not to be completed, or read beside another; `undefined` where it may be. */
export type LeftOut = (path: string) => Promise<string | undefined>;

/**
 * The same rules as those of the index: no file that may hold secrets, none that git or a `.nootropicignore` leaves out. The file need not exist.
 *
 * @param clock Milliseconds.
 */
export function createLeftOut(files: Files, clock: () => number): LeftOut {
  const known = new Map<string, { readonly at: number; readonly rules: Promise<IgnoreRules> }>();
  const names = new Set<string>(Object.values(ignoreFileNames));

  const rulesOf = (folder: string): Promise<IgnoreRules> => {
    const seen = known.get(folder);
    if (seen !== undefined && clock() - seen.at < rulesMs) return seen.rules;
    const rules = readRules(folder);
    known.delete(folder);
    known.set(folder, { at: clock(), rules });
    for (const oldest of known.keys()) if (known.size > mostFolders) known.delete(oldest);
    return rules;
  };

  const readRules = async (folder: string): Promise<IgnoreRules> => {
    const above = folder === '' ? createIgnoreRules() : await rulesOf(parentOf(folder));
    return above.inside(folder, await readIgnoreSources(files, folder, names));
  };

  return async (path) => {
    if (isSecretPath(path)) return 'it may hold secrets';
    if (isBinaryName(path)) return 'it is no text by its name';
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth += 1) {
      const folder = parts.slice(0, depth).join('/');
      if ((await rulesOf(parentOf(folder))).ignores(`${folder}/`)) return `${folder} is left out by the ignore rules`;
    }
    return (await rulesOf(parentOf(path))).ignores(path) ? 'it is left out by the ignore rules' : undefined;
  };
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
