import { closeSync, readdirSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '@nootropic/sqlite';
import type { JournalBlobs } from './journal-blobs.ts';
import type { JournalGuard } from './journal-guard.ts';
import { isMissing, markOf, modeOf, openFolder, openRegular, statOf, targetAt, unkeptState } from './journal-place.ts';
import { countUp } from './journal-schema.ts';
import { byPath, folderOf, hashOf, nameOf, sameState, type Move, type PathState } from './journal-state.ts';

interface Entry {
  readonly state: Exclude<PathState, null>;
  readonly mark: string;
  /** It may have changed right after it was read without its times showing it: it is read again the next time. */
  readonly racy: boolean;
}

export type Tree = ReadonlyMap<string, Entry>;

export interface JournalTree {
  /** What is on the disk now. Contents that are new are kept; the snapshot stays as it is. */
  look(): Promise<Tree>;
  /** Makes this the snapshot. */
  keep(tree: Tree): void;
  /** The snapshot. */
  last(): Tree;
}

export interface JournalTreeOptions {
  readonly db: Database;
  readonly blobs: JournalBlobs;
  readonly guard: JournalGuard;
  /** Files larger than this are not kept. */
  readonly maxFileBytes: number;
  /** Bytes that the contents of a snapshot may take. */
  readonly budgetBytes: number;
  /** Milliseconds since 1970, as the file system counts them. */
  readonly clock: () => number;
}

/** Contents that are written to the database in one transaction. */
const batch = { files: 500, bytes: 16 * 1024 * 1024 };
/** Files that are read at once: enough to keep the disk busy. */
const together = 16;
const statsInARow = 1000;

/** How exact the times of a file system are: 10 ms on the coarsest kernel of Linux; 2 s on FAT, which shows by times without a fraction. */
function slackNs(stats: BigIntStats): bigint {
  return stats.mtimeNs % 1_000_000_000n === 0n && stats.ctimeNs % 1_000_000_000n === 0n ? 2_100_000_000n : 100_000_000n;
}

/** Folders of what is built or fetched: where room is short, they come last. */
const lesser =
  /(?:^|\/)(?:node_modules|\.venv|venv|target|dist|build|out|vendor|\.cache|\.next|__pycache__|\.gradle|Pods)\//u;

/**
 * A snapshot of all that lies below the root: ignored and untracked files too, and no `.git`, no own files, no devices, no other file system.
 * What a stat shows to be unchanged is not read; the idea, and the care with times that are too close, are those of git's index
 * (https://git-scm.com/docs/racy-git).
 */
export function createJournalTree(options: JournalTreeOptions): JournalTree {
  const { db, guard } = options;
  const version = db.prepare<[], number>(`SELECT value FROM counters WHERE name = 'tree'`).pluck();
  let held: { readonly tree: Tree; readonly version: number } | undefined;
  const last = (): Tree => {
    const current = version.get() ?? 0;
    // Another program may have taken one meanwhile.
    if (held?.version !== current) held = { tree: load(db), version: current };
    return held.tree;
  };
  return {
    last,
    async look() {
      const { found, unread } = await walk(guard, last());
      return readContents(options, found, unread);
    },
    keep(tree) {
      held = { tree, version: store(db, last(), tree) ?? version.get() ?? 0 };
    },
  };
}

/** What became of each path between two snapshots. */
export function movesBetween(before: Tree, after: Tree): Move[] {
  const moves: Move[] = [];
  for (const [path, { state }] of after) {
    const was = before.get(path)?.state ?? null;
    if (!sameState(was, state)) moves.push({ path, before: was, after: state });
  }
  for (const [path, { state }] of before) if (!after.has(path)) moves.push({ path, before: state, after: null });
  return moves.sort(byPath);
}

function load(db: Database): Tree {
  const rows = db
    .prepare<[], { path: string; state: string; mark: string; racy: number }>(
      'SELECT path, state, mark, racy FROM tree',
    )
    .all();
  return new Map(
    rows.map(({ path, state, mark, racy }) => [
      path,
      { state: JSON.parse(state) as Entry['state'], mark, racy: racy === 1 },
    ]),
  );
}

/** Writes down what differs, and gives the number of the new version; `undefined` where nothing does. */
function store(db: Database, before: Tree, after: Tree): number | undefined {
  const put = db.prepare('INSERT OR REPLACE INTO tree (path, state, hash, mark, racy) VALUES (?, ?, ?, ?, ?)');
  const remove = db.prepare('DELETE FROM tree WHERE path = ?');
  return db.transaction(() => {
    let changed = false;
    for (const [path, entry] of after) {
      const was = before.get(path);
      if (was === entry) continue;
      changed = true;
      put.run(path, JSON.stringify(entry.state), hashOf(entry.state), entry.mark, Number(entry.racy));
    }
    for (const path of before.keys()) {
      if (after.has(path)) continue;
      changed = true;
      remove.run(path);
    }
    return changed ? countUp(db, 'tree') : undefined;
  })();
}

interface Walked {
  readonly found: Map<string, Entry>;
  /** Files whose stat is new. */
  readonly unread: { readonly path: string; readonly stats: BigIntStats }[];
}

async function walk(guard: JournalGuard, before: Tree): Promise<Walked> {
  const { root } = guard.confinement;
  const found = new Map<string, Entry>();
  const unread: Walked['unread'] = [];
  const device = statOf(root)?.dev;
  const folders = [''];
  let looked = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const inside = namesIn(root, folder, (base, name) => {
      looked += 1;
      const path = folder === '' ? name : `${folder}/${name}`;
      if (guard.isProtected(path, true)) return;
      // A name that is not UTF-8 cannot be asked for, and what has vanished meanwhile is gone.
      const stats = statOf(`${base}/${name}`);
      if (!stats) return;
      const was = before.get(path);
      const mark = markOf(stats);
      if (was?.mark === mark && !was.racy && !stats.isDirectory()) found.set(path, was);
      else if (stats.isFile()) unread.push({ path, stats });
      else if (stats.isSymbolicLink()) {
        const state = linkState(`${base}/${name}`);
        if (state) found.set(path, { state, mark, racy: false });
      } else if (stats.isDirectory() && stats.dev === device) {
        // The times of a folder change with what is in it, and say nothing of the folder.
        const state = { kind: 'folder', mode: modeOf(stats) } as const;
        found.set(path, was && sameState(was.state, state) ? was : { state, mark: '', racy: false });
        folders.push(path);
      }
    });
    if (looked > statsInARow) {
      looked = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (!inside) found.delete(folder);
  }
  return { found, unread };
}

function linkState(path: string): Entry['state'] | undefined {
  try {
    return { kind: 'link', target: targetAt(path) };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Calls back for each name in a folder. `false` where there is no such folder any more. One that may not be read is taken as empty. */
function namesIn(root: string, folder: string, each: (base: string, name: string) => void): boolean {
  let opened;
  try {
    opened = openFolder(root, folder);
  } catch (error) {
    return !isMissing(error);
  }
  try {
    for (const name of readdirSync(opened.base)) each(opened.base, name);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  } finally {
    opened.close();
  }
}

async function readContents(
  { db, blobs, maxFileBytes, budgetBytes, clock, guard }: JournalTreeOptions,
  found: Map<string, Entry>,
  unread: Walked['unread'],
): Promise<Tree> {
  if (unread.length === 0) return found;
  const { root } = guard.confinement;
  let taken = 0;
  const seen = new Set<string>();
  const count = (hash: string): void => {
    if (seen.has(hash)) return;
    seen.add(hash);
    taken += blobs.facts(hash)?.bytes ?? 0;
  };
  for (const { state } of found.values()) {
    const hash = hashOf(state);
    if (hash !== null) count(hash);
  }
  const order = unread
    .map(({ path, stats }) => ({ path, stats, least: lesser.test(path) ? 1 : 0 }))
    .sort((a, b) => a.least - b.least || Number(a.stats.size - b.stats.size) || byPath(a, b));
  let files = 0;
  let bytes = 0;
  const readOne = async ({ path, stats }: (typeof order)[number], fits: boolean): Promise<void> => {
    const entry = fits ? await readEntry(root, path, { blobs, clock }) : unkeptEntry(stats);
    if (!entry) return;
    found.set(path, entry);
    const hash = hashOf(entry.state);
    if (hash !== null) count(hash);
  };
  db.exec('BEGIN IMMEDIATE');
  try {
    for (let at = 0; at < order.length; at += together) {
      const some = order.slice(at, at + together);
      let planned = taken;
      await Promise.all(
        some.map((each) => {
          const size = Number(each.stats.size);
          const fits = size <= maxFileBytes && planned + size <= budgetBytes;
          if (fits) planned += size;
          files += 1;
          bytes += size;
          return readOne(each, fits);
        }),
      );
      if (files < batch.files && bytes < batch.bytes) continue;
      blobs.flush();
      db.exec('COMMIT');
      await new Promise((resolve) => setImmediate(resolve));
      db.exec('BEGIN IMMEDIATE');
      files = 0;
      bytes = 0;
    }
    blobs.flush();
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
  return found;
}

function unkeptEntry(stats: BigIntStats): Entry {
  return { state: unkeptState(stats), mark: markOf(stats), racy: false };
}

/** Reads a file and keeps its content; `undefined` where there is no file any more. One that may not be read is not kept. */
async function readEntry(
  root: string,
  path: string,
  { blobs, clock }: Pick<JournalTreeOptions, 'blobs' | 'clock'>,
): Promise<Entry | undefined> {
  let opened;
  try {
    opened = openFolder(root, folderOf(path));
  } catch {
    return undefined;
  }
  const place = join(opened.base, nameOf(path));
  try {
    const start = BigInt(Math.floor(clock())) * 1_000_000n;
    const before = statOf(place);
    if (!before?.isFile()) return undefined;
    const fd = openRegular(place);
    if (fd === undefined) return unkeptEntry(before);
    try {
      const hash = await blobs.keepFile(fd, process.platform === 'linux' ? `/proc/self/fd/${fd}` : place);
      const after = statOf(place);
      const mark = markOf(before);
      const latest = before.mtimeNs > before.ctimeNs ? before.mtimeNs : before.ctimeNs;
      const racy = !after || markOf(after) !== mark || latest + slackNs(before) >= start;
      const size = blobs.facts(hash)?.bytes ?? Number(before.size);
      return { state: { kind: 'file', mode: modeOf(before), size, hash }, mark, racy };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  } finally {
    opened.close();
  }
}
