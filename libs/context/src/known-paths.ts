import type { Files, Knowledge, SearchIndex } from '@nootropic/contracts';
import type { IndexNotes } from './index-notes.ts';
import { createPathFinder, type PathFinder } from './path-finder.ts';
import type { KnownTree } from './search-tree.ts';
import { isSecretPath } from './secret-paths.ts';
import { walk, type WalkLimits } from './walk.ts';

export interface KnownPathsPorts {
  readonly files: Files;
  readonly index: Pick<SearchIndex, 'files'>;
  readonly notes: IndexNotes;
  readonly limits: WalkLimits;
  readonly clock: () => number;
  /** What the tree holds now, where that is known without looking. */
  readonly knownTree: () => Promise<KnownTree | undefined>;
}

/** The paths of a tree, ready to be searched. */
interface Known {
  readonly finder: PathFinder;
  /** Changed last, first. */
  readonly recent: readonly string[];
  /** What it was made of, where that is followed; else when. */
  readonly of: KnownTree | undefined;
  readonly until: number;
}

/** Milliseconds that a list is used for while nobody follows the tree. */
const freshMs = 2000;
/** The same for a tree that is not indexed: it was walked for this. */
const walkedMs = 30_000;

/**
 * Finds files by their paths: those that the index has, and those that it left out, but for what may hold secrets and what is no file. Of a tree that
 * was never indexed, those that a walk finds.
 */
export function createKnownPaths(ports: KnownPathsPorts): Knowledge['find'] {
  const { index, notes, clock, knownTree } = ports;
  let known: Known | undefined;
  let opening: Promise<Known> | undefined;

  const open = async (tree: KnownTree | undefined, signal?: AbortSignal): Promise<Known> => {
    const indexed = tree?.files ?? (await index.files());
    if (indexed.length === 0) {
      const walked = await walkedTree(ports, signal);
      return knownOf(walked, { of: undefined, until: clock() + walkedMs });
    }
    const skipped = tree?.skipped ?? (await notes.read())?.skipped ?? [];
    return knownOf({ files: indexed, skipped }, { of: tree, until: clock() + freshMs });
  };

  return async (query, { limit = 20, signal } = {}) => {
    const tree = await knownTree();
    const isGood = known !== undefined && (tree ? known.of === tree : clock() < known.until);
    if (!isGood) {
      opening ??= open(tree, signal).finally(() => (opening = undefined));
      known = await opening;
    }
    if (!known) return [];
    return query.trim() === '' ? known.recent.slice(0, limit) : known.finder.find(query, limit);
  };
}

const mostRecent = 200;

function knownOf(tree: KnownTree, how: Pick<Known, 'of' | 'until'>): Known {
  // What is a folder, a link, or no file at all is nothing to read; neither is what holds keys.
  const others = tree.skipped
    .filter(({ path, reason }) => !path.endsWith('/') && path !== '.' && !notFiles.has(reason) && !isSecretPath(path))
    .map(({ path }) => path);
  const files = tree.files.map(({ path }) => path);
  const recent = [...tree.files]
    .sort((a, b) => b.mtimeMs - a.mtimeMs || (a.path < b.path ? -1 : 1))
    .slice(0, mostRecent)
    .map(({ path }) => path);
  return { ...how, recent, finder: createPathFinder([...new Set([...files, ...others])]) };
}

const notFiles: ReadonlySet<string> = new Set(['symbolic link', 'not a regular file', 'name is not UTF-8']);

async function walkedTree({ files, limits }: KnownPathsPorts, signal?: AbortSignal): Promise<KnownTree> {
  const found: { path: string; bytes: number; mtimeMs: number }[] = [];
  const skipped: { path: string; reason: string }[] = [];
  for await (const each of walk(files, limits, signal)) {
    if ('file' in each) found.push(each.file);
    else skipped.push(each.skipped);
  }
  return { files: found, skipped };
}
