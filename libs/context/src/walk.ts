import type { FileEntry, Files, SkippedFile } from '@nootropic/contracts';
import { NootropicError } from '@nootropic/contracts';
import { createIgnoreRules, readIgnoreSources, type IgnoreRules } from './ignore-rules.ts';
import { cacheFolderTag, isBinaryName, isDataName } from './ignored-by-default.ts';
import { isSecretPath } from './secret-paths.ts';

export interface WalkLimits {
  /** Bytes of a file that is still indexed. */
  readonly maxFileBytes: number;
  /** Bytes of a data file (JSON, CSV and the like) that is still indexed. */
  readonly maxDataFileBytes: number;
  /** Folders below folders. */
  readonly maxDepth: number;
  readonly maxFiles: number;
}

/** A file to index, or one that is not and why. */
export type Walked = { readonly file: FileEntry } | { readonly skipped: SkippedFile };

export function reasonToSkip(entry: FileEntry, limits: WalkLimits): string | undefined {
  if (entry.unnamed === true) return 'name is not UTF-8';
  if (isSecretPath(entry.path)) return 'may hold secrets';
  if (entry.kind === 'link') return 'symbolic link';
  if (entry.kind !== 'file') return 'not a regular file';
  if (isBinaryName(entry.path)) return 'binary';
  if (entry.bytes > limits.maxFileBytes) return `larger than ${readableBytes(limits.maxFileBytes)}`;
  if (isDataName(entry.path) && entry.bytes > limits.maxDataFileBytes) {
    return `data larger than ${readableBytes(limits.maxDataFileBytes)}`;
  }
  return undefined;
}

function readableBytes(bytes: number): string {
  return bytes >= 1_000_000
    ? `${String(Math.round(bytes / 100_000) / 10)} MB`
    : `${String(Math.round(bytes / 1000))} kB`;
}

/** Folders that are listed while one is looked through. */
const listedAhead = 8;

/**
 * Every file of the workspace that is not ignored, folder by folder in the order of their names. Symbolic links are not followed.
 * A folder that cannot be listed is skipped with a reason; only a root that cannot be listed rejects.
 */
export async function* walk(files: Files, limits: WalkLimits, signal?: AbortSignal): AsyncGenerator<Walked> {
  const pending: { folder: string; rules: IgnoreRules; depth: number }[] = [
    { folder: '', rules: createIgnoreRules(), depth: 0 },
  ];
  let count = 0;
  const listed = new Map<string, Promise<FileEntry[]>>();
  const list = (folder: string): Promise<FileEntry[]> => {
    const known = listed.get(folder) ?? files.list(folder === '' ? '.' : folder);
    listed.set(folder, known);
    return known;
  };
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (signal?.aborted) throw new NootropicError('ABORTED');
    const { folder, depth } = next;
    for (const soon of pending.slice(-listedAhead)) list(soon.folder).catch(() => undefined);
    let entries: FileEntry[];
    try {
      entries = await list(folder);
    } catch (error) {
      if (folder === '') throw error;
      yield { skipped: { path: `${folder}/`, reason: 'cannot be read' } };
      continue;
    } finally {
      listed.delete(folder);
    }
    const names = new Set(entries.filter((entry) => entry.kind === 'file').map((entry) => lastName(entry.path)));
    if (names.has(cacheFolderTag) && folder !== '') continue;
    const sources = await readIgnoreSources(files, folder, names);
    for (const problem of sources.problems) yield { skipped: problem };
    const rules = next.rules.inside(folder, sources);
    const below: typeof pending = [];
    for (const entry of entries) {
      if (entry.kind === 'folder' && entry.unnamed !== true) {
        if (rules.ignores(`${entry.path}/`)) continue;
        if (isSecretPath(`${entry.path}/`)) yield { skipped: { path: `${entry.path}/`, reason: 'may hold secrets' } };
        else if (depth >= limits.maxDepth) yield { skipped: { path: `${entry.path}/`, reason: 'nested too deeply' } };
        else below.push({ folder: entry.path, rules, depth: depth + 1 });
        continue;
      }
      if (rules.ignores(entry.path)) continue;
      const reason = reasonToSkip(entry, limits);
      if (reason !== undefined) {
        yield { skipped: { path: entry.path, reason } };
        continue;
      }
      if (count >= limits.maxFiles) {
        yield { skipped: { path: '.', reason: `more than ${String(limits.maxFiles)} files` } };
        return;
      }
      count += 1;
      yield { file: entry };
    }
    pending.push(...below.reverse());
  }
}

export function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Entries of one folder, folders with a final `/`, without what is ignored or may hold secrets. */
export async function listFolder(files: Files, folder: string): Promise<string[]> {
  let rules = createIgnoreRules();
  const parts = folder === '' ? [] : folder.split('/');
  for (let depth = 0; depth <= parts.length; depth += 1) {
    const at = parts.slice(0, depth).join('/');
    if (at !== '' && (rules.ignores(`${at}/`) || isSecretPath(`${at}/`))) return [];
    const entries = await files.list(at === '' ? '.' : at);
    const names = new Set(entries.filter((entry) => entry.kind === 'file').map((entry) => lastName(entry.path)));
    rules = rules.inside(at, await readIgnoreSources(files, at, names));
    const next = parts[depth];
    if (next !== undefined) {
      if (entries.some((entry) => entry.kind === 'link' && lastName(entry.path) === next)) return [];
      continue;
    }
    return entries
      .map((entry) => (entry.kind === 'folder' ? `${entry.path}/` : entry.path))
      .filter((path) => !isSecretPath(path) && !rules.ignores(path))
      .map((path) => path.slice(at === '' ? 0 : at.length + 1));
  }
  return [];
}
