import type { FileEntry, Files } from '@nootropic/contracts';
import { createIgnoreRules, readIgnoreSources, type IgnoreRules } from './ignore-rules.ts';
import { cacheFolderTag } from './ignored-by-default.ts';
import { isSecretPath } from './secret-paths.ts';
import { lastName, reasonToSkip, type Walked, type WalkLimits } from './walk.ts';

interface Folder {
  readonly entries: ReadonlyMap<string, FileEntry>;
  readonly rules: IgnoreRules;
}

/**
 * Of these paths, the files that `walk` would give, and those that it would skip. One that is ignored or gone gives nothing.
 * `undefined` where a path turns out to be a folder: only a walk knows what lies in it.
 */
export async function walkPaths(
  files: Files,
  limits: WalkLimits,
  paths: readonly string[],
): Promise<Walked[] | undefined> {
  const folders = new Map<string, Promise<Folder | undefined>>();

  async function open(path: string): Promise<Folder | undefined> {
    let above = createIgnoreRules();
    if (path !== '') {
      const parent = await folder(parentOf(path));
      if (parent === undefined || parent.entries.get(path)?.kind !== 'folder') return undefined;
      if (parent.rules.ignores(`${path}/`) || isSecretPath(`${path}/`)) return undefined;
      if (path.split('/').length > limits.maxDepth) return undefined;
      above = parent.rules;
    }
    const entries = await files.list(path === '' ? '.' : path);
    const names = new Set(entries.filter((entry) => entry.kind === 'file').map((entry) => lastName(entry.path)));
    if (names.has(cacheFolderTag) && path !== '') return undefined;
    const rules = above.inside(path, await readIgnoreSources(files, path, names));
    return { entries: new Map(entries.map((entry) => [entry.path, entry])), rules };
  }
  function folder(path: string): Promise<Folder | undefined> {
    const known = folders.get(path) ?? open(path);
    folders.set(path, known);
    return known;
  }

  const walked: Walked[] = [];
  for (const path of paths) {
    const parent = await folder(parentOf(path));
    const entry = parent?.entries.get(path);
    if (parent === undefined || entry === undefined) continue;
    if (entry.kind === 'folder') {
      if (parent.rules.ignores(`${path}/`)) continue;
      return undefined;
    }
    if (parent.rules.ignores(path)) continue;
    const reason = reasonToSkip(entry, limits);
    walked.push(reason === undefined ? { file: entry } : { skipped: { path, reason } });
  }
  return walked;
}

function parentOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}
