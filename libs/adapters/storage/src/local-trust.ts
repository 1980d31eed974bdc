import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { NootropicError, type Trust, type TrustState } from '@nootropic/contracts';

export interface LocalTrustOptions {
  /** The JSON file that holds what is trusted: made with mode 0600, outside of every workspace. */
  readonly file: string;
}

/** One folder, and which one it was when a person said yes: another that takes its place is not trusted. */
interface Entry extends Folder, TrustState {}

interface Folder {
  readonly root: string;
  readonly device: string;
  readonly inode: string;
}

const none: TrustState = { trusted: false, unattended: false };

/**
 * A `Trust` in a JSON file that is replaced as a whole. A folder is known by its real path together with its device and inode. Trust is lent
 * downwards, up to the next `.git` of any kind: what that file or folder says is never read, so that a forged `commondir` or `gitdir` borrows
 * nothing (CVE-2026-40068).
 *
 * Rejects with `PATH_NOT_FOUND` for what is no folder, `STORE_CORRUPT` when the file is not what was written.
 */
export function createLocalTrust({ file }: LocalTrustOptions): Trust {
  let writing: Promise<unknown> = Promise.resolve();

  const load = async (): Promise<Entry[]> => {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (cause) {
      if (isMissing(cause)) return [];
      throw NootropicError.from(cause, 'STORE_UNREADABLE');
    }
    const entries = entriesOf(text);
    if (entries === undefined) throw new NootropicError('STORE_CORRUPT', `${file} is not a list of trusted folders.`);
    return entries;
  };

  const save = async (folders: readonly Entry[]): Promise<void> => {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const fresh = join(dirname(file), `.trust-${randomUUID()}`);
    try {
      const handle = await open(fresh, 'wx', 0o600);
      try {
        await handle.writeFile(`${JSON.stringify({ version: 1, folders }, undefined, 2)}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(fresh, file);
    } catch (cause) {
      await rm(fresh, { force: true });
      throw NootropicError.from(cause, 'STORE_UNREADABLE');
    }
  };

  const stateOf = async (given: string, entries: readonly Entry[]): Promise<TrustState> => {
    let folder = await folderAt(given);
    for (;;) {
      const here = folder;
      const known = entries.find(({ root }) => root === here.root);
      if (known?.device === here.device && known.inode === here.inode)
        return { trusted: known.trusted, unattended: known.unattended };
      const above = dirname(here.root);
      if (above === here.root || (await holdsRepository(here.root))) return none;
      folder = await folderAt(above);
    }
  };

  return {
    state: async (root) => stateOf(root, await load()),

    async set(root, { trusted, unattended }) {
      const change = writing.then(async () => {
        const entries = await load();
        const folder = await folderAt(root);
        const before = await stateOf(root, entries);
        const isTrusted = trusted ?? (unattended === true ? true : before.trusted);
        const state = { trusted: isTrusted, unattended: isTrusted && (unattended ?? before.unattended) };
        await save([...entries.filter((entry) => entry.root !== folder.root), { ...folder, ...state }]);
        return state;
      });
      writing = change.catch(() => undefined);
      return change;
    },

    list: async () => (await load()).map(({ root, trusted, unattended }) => ({ root, state: { trusted, unattended } })),
  };
}

async function folderAt(path: string): Promise<Folder> {
  try {
    const root = await realpath(path);
    const info = await stat(root, { bigint: true });
    if (info.isDirectory()) return { root, device: String(info.dev), inode: String(info.ino) };
  } catch (cause) {
    if (!isMissing(cause)) throw NootropicError.from(cause, 'PATH_NOT_FOUND');
  }
  throw new NootropicError('PATH_NOT_FOUND', `There is no folder ${path}.`);
}

/** A `.git` of any kind, also a file or a link that leads nowhere. */
async function holdsRepository(folder: string): Promise<boolean> {
  try {
    await lstat(join(folder, '.git'));
    return true;
  } catch (cause) {
    // What cannot be looked at may be one.
    return !isMissing(cause);
  }
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR');
}

/** `undefined` where the text is not what was written. */
function entriesOf(text: string): Entry[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('version' in value) || value.version !== 1) return undefined;
  if (!('folders' in value) || !Array.isArray(value.folders)) return undefined;
  const folders: readonly unknown[] = value.folders;
  return folders.every(isEntry) ? [...folders] : undefined;
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const { root, device, inode, trusted, unattended } = value as Partial<Record<keyof Entry, unknown>>;
  return (
    [root, device, inode].every((each) => typeof each === 'string' && each !== '') &&
    [trusted, unattended].every((each) => typeof each === 'boolean')
  );
}
