import { link, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { NootropicError, type ModelProfile, type ModelStore, type StoredModel } from '@nootropic/contracts';
import { syncFolder } from './model-store-copy.ts';
import { writeWhole, type WriteAt } from './model-download-part.ts';
import { listEntries, partsOf, replaceEntry } from './model-store-entry.ts';
import { importModel, type CheckModelFile } from './model-store-import.ts';
import { pullModel } from './model-store-pull.ts';
import { processRuns } from './process-runs.ts';

export interface ModelStoreOptions {
  /** Absolute path of the folder; made on the first import. */
  readonly dir: string;
  /** Rejects with `MODEL_FILE_INVALID` when the file is damaged. Reads the header only. */
  readonly checkGguf: CheckModelFile;
  /** What downloads go through. Default: the system's own. */
  readonly fetch?: typeof globalThis.fetch;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Whether a process runs: drafts of processes that are gone are removed. */
  readonly isRunning?: (pid: number) => boolean;
  /** Hard-links a file. Replaced in tests by what a file system without links does. */
  readonly link?: (from: string, to: string) => Promise<void>;
  /** Bytes that may still be written to the folder's disk. Default: what the file system says. */
  readonly freeBytes?: (dir: string) => Promise<number>;
  /** Writes downloaded bytes. Replaced in tests by what a full disk does. */
  readonly write?: WriteAt;
  /** Milliseconds without a byte after which a download's connection counts as dead. Default 60000. */
  readonly silenceMs?: number;
  /** Milliseconds before the first retry of a download, on average. Default 500. */
  readonly retryMs?: number;
}

/**
 * Model files in one folder: `NAME-HASH.gguf` with the bytes and `NAME.json` with what is known of them. The parts of a split model keep
 * the numbers that llama.cpp finds them by: `NAME-HASH-00001-of-00003.gguf`.
 *
 * The bytes arrive under a `.part` name and get their own only when they are whole, checked and on the disk; the JSON file comes last and
 * appears at once, so a kill at any moment leaves no entry that cannot be loaded. No file is shared by two entries, so two programs may
 * import at once. Downloads arrive in `pull-HASH.part`, with a journal beside it, so that any process can go on with them; a
 * `.lock` file with its process number keeps a second one waiting.
 *
 * A hard link is one file with two names: the original keeps its mode. A copy is for the user only (0600), as is the folder (0700).
 */
export function createModelStore(options: ModelStoreOptions): ModelStore {
  const { dir, checkGguf, now = Date.now, isRunning = processRuns } = options;
  const importing = { dir, checkGguf, now, isRunning, link: options.link ?? link };
  const pulling = {
    dir,
    checkGguf,
    now,
    isRunning,
    fetch: options.fetch ?? globalThis.fetch,
    freeBytes: options.freeBytes ?? freeBytesOf,
    write: options.write ?? writeWhole,
    silenceMs: options.silenceMs ?? 60_000,
    retryMs: options.retryMs ?? 500,
  };

  async function show(name: string): Promise<StoredModel> {
    const entries = await listEntries(dir);
    const exact = entries.find((entry) => entry.name === name);
    if (exact !== undefined) return exact;
    const starting = name === '' ? [] : entries.filter((entry) => entry.name.startsWith(name));
    if (starting.length === 1 && starting[0] !== undefined) return starting[0];
    const names = (starting.length > 1 ? starting : entries).map((entry) => entry.name);
    const known =
      names.length === 0
        ? 'No model is imported.'
        : `${starting.length > 1 ? 'It could be' : 'There are'}: ${names.join(', ')}.`;
    throw new NootropicError('MODEL_NOT_FOUND', `There is no one model named ${name === '' ? '""' : name}. ${known}`);
  }

  async function remove(name: string): Promise<StoredModel> {
    const model = await show(name);
    const others = (await listEntries(dir)).filter((entry) => entry.name !== model.name);
    await rm(join(dir, `${model.name}.json`), { force: true });
    if (!others.some((entry) => entry.path === model.path))
      for (const path of partsOf(model.path)) await rm(path, { force: true });
    await syncFolder(dir);
    return model;
  }

  async function saveProfile(name: string, profile: ModelProfile): Promise<StoredModel> {
    return replaceEntry(dir, { ...(await show(name)), profile });
  }

  return {
    list: () => listEntries(dir),
    show,
    import: (path, call = {}) => told(importModel(path, importing, call), call.signal),
    pull: (download, call = {}) => told(pullModel(download, pulling, call), call.signal),
    remove: (name) => told(remove(name), undefined),
    saveProfile: (name, profile) => told(saveProfile(name, profile), undefined),
  };
}

/** Whatever fails, fails with one of this program's errors. */
async function told<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw signal?.aborted === true ? new NootropicError('ABORTED') : NootropicError.from(error);
  }
}

async function freeBytesOf(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir);
  return bavail * bsize;
}
