import { constants } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { modelRoles, NootropicError, type ModelRole, type ModelStore, type StoredModel } from '@nootropic/contracts';
import { copyAndHash, hashFile, syncFolder } from './model-store-copy.ts';

/** What the store needs to know of a checked file. */
export interface CheckedModel {
  readonly architecture: string;
  /** Tokens the model was trained on; 0 when the file does not say. */
  readonly contextLength: number;
  readonly role: ModelRole;
  /** The name in the file's metadata, if any. */
  readonly name?: string | undefined;
}

export interface ModelStoreOptions {
  /** Absolute path of the folder; made on the first import. */
  readonly dir: string;
  /** Rejects with `MODEL_FILE_INVALID` when the file is damaged. Reads the header only. */
  readonly checkGguf: (path: string, options: { readonly signal?: AbortSignal }) => Promise<CheckedModel>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Whether a process runs: drafts of processes that are gone are removed. */
  readonly isRunning?: (pid: number) => boolean;
  /** Hard-links a file. Replaced in tests by what a file system without links does. */
  readonly link?: (from: string, to: string) => Promise<void>;
}

/**
 * Model files in one folder: `NAME-HASH.gguf` with the bytes and `NAME.json` with what is known of them.
 *
 * The bytes arrive under a `.part` name and get their own only when they are whole and on the disk; the JSON file comes last and appears at
 * once, so a kill at any moment leaves no entry that cannot be loaded. No file is shared by two entries, so two programs may import at once.
 *
 * A hard link is one file with two names: the original keeps its mode. A copy is for the user only (0600), as is the folder (0700).
 */
export function createModelStore(options: ModelStoreOptions): ModelStore {
  const { dir, checkGguf, now = Date.now, isRunning = processRuns, link: makeLink = link } = options;

  async function list(): Promise<StoredModel[]> {
    const names = await readdir(dir).catch(() => []);
    const entries = await Promise.all(
      names.filter((name) => name.endsWith('.json')).map((name) => readEntry(dir, name)),
    );
    return entries
      .filter((entry) => entry !== undefined)
      .sort((a, b) => b.importedAt - a.importedAt || (a.name < b.name ? -1 : 1));
  }

  async function show(name: string): Promise<StoredModel> {
    const entries = await list();
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

  async function importFile(path: string, call: Parameters<ModelStore['import']>[1] = {}): Promise<StoredModel> {
    const { signal, onProgress = () => undefined } = call;
    signal?.throwIfAborted();
    const source = await regularFile(path);
    const checked = await checkGguf(source.path, signal === undefined ? {} : { signal });
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await removeDrafts(dir, isRunning);
    const part = join(dir, `${process.pid}-${crypto.randomUUID()}.part`);
    try {
      const sha256 = await bring({ source: source.path, part, makeLink, signal, onProgress });
      const known = (await list()).find((entry) => entry.sha256 === sha256);
      if (known !== undefined) return known;
      await checkGguf(part, signal === undefined ? {} : { signal });
      signal?.throwIfAborted();
      const base = nameOf(basename(path), checked.name);
      const target = join(dir, `${base}-${sha256.slice(0, 12)}.gguf`);
      await place(part, target);
      const { size } = await stat(target);
      const facts = {
        path: target,
        ref: `file:${target}`,
        bytes: size,
        sha256,
        architecture: checked.architecture,
        contextLength: checked.contextLength,
        role: checked.role,
        importedAt: now(),
      };
      return await claimName({ dir, base, facts });
    } finally {
      await rm(part, { force: true });
    }
  }

  return {
    list,
    show,
    async import(path, call) {
      try {
        return await importFile(path, call);
      } catch (error) {
        throw call?.signal?.aborted === true ? new NootropicError('ABORTED') : NootropicError.from(error);
      }
    },
  };
}

function processRuns(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Someone else's process may not be signalled, but it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function regularFile(path: string): Promise<{ path: string }> {
  try {
    // The caches of other programs hold links; what they point to is what is taken in.
    const real = await realpath(path);
    if ((await stat(real)).isFile()) return { path: real };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM')
      throw new NootropicError('DENIED', `${path} cannot be read: permission denied.`, { cause: error });
    throw new NootropicError('PATH_NOT_FOUND', `There is no file ${path}.`, { cause: error });
  }
  throw new NootropicError('MODEL_FILE_INVALID', `${path} is not a file.`);
}

/** Drafts that a killed program left. */
async function removeDrafts(dir: string, isRunning: (pid: number) => boolean): Promise<void> {
  for (const name of await readdir(dir)) {
    const pid = /^(\d+)-[\w-]+\.part$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(dir, name), { force: true });
  }
}

/** Gets the bytes to `part` by the cheapest way there is, and gives their hash. */
async function bring(job: {
  source: string;
  part: string;
  makeLink: (from: string, to: string) => Promise<void>;
  signal: AbortSignal | undefined;
  onProgress: (done: number, total: number) => void;
}): Promise<string> {
  const { source, part, makeLink, signal, onProgress } = job;
  const cheap = await makeLink(source, part)
    .catch(() => copyFile(source, part, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL))
    .then(
      () => true,
      () => false,
    );
  if (cheap) return hashFile(part, { signal, onProgress });
  await rm(part, { force: true });
  return copyAndHash(source, part, { signal, onProgress });
}

/** Gives the draft its name. The name holds the hash, so a file that has it already holds the same bytes. */
async function place(part: string, target: string): Promise<void> {
  try {
    await link(part, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    // No links on this file system: renaming over a file of the same hash puts the same bytes there.
    await rename(part, target);
  }
}

/** Writes the entry under the first free name: `base`, `base-2`, … Taking a name is one step of the file system. */
async function claimName(entry: { dir: string; base: string; facts: Omit<StoredModel, 'name'> }): Promise<StoredModel> {
  const { dir, base, facts } = entry;
  for (let n = 1; ; n += 1) {
    const model: StoredModel = { name: n === 1 ? base : `${base}-${n}`, ...facts };
    const path = join(dir, `${model.name}.json`);
    const draft = join(dir, `${process.pid}-${crypto.randomUUID()}.part`);
    try {
      const file = await open(draft, 'wx', 0o600);
      await file.writeFile(`${JSON.stringify(model, undefined, 2)}\n`);
      await file.sync();
      await file.close();
      await link(draft, path).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST' || (await exists(path))) throw Object.assign(error, { code: 'EEXIST' });
        await rename(draft, path);
      });
      await syncFolder(dir);
      return model;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const taken = await readEntry(dir, basename(path));
      if (taken?.sha256 === facts.sha256) return taken;
      // An entry without its file is of no use to anyone: its name is free.
      if (taken === undefined) {
        await rm(path, { force: true });
        n -= 1;
      }
    } finally {
      await rm(draft, { force: true });
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** `undefined` for what is not an entry, or one whose file is gone. */
async function readEntry(dir: string, fileName: string): Promise<StoredModel | undefined> {
  try {
    const value = JSON.parse(await readFile(join(dir, fileName), 'utf8')) as Partial<
      Record<keyof StoredModel, unknown>
    >;
    const { name, ref, path, bytes, sha256, architecture, contextLength, role, importedAt } = value;
    const texts = [name, ref, path, sha256, architecture].every((one) => typeof one === 'string' && one !== '');
    const numbers = [bytes, contextLength, importedAt].every((one) => typeof one === 'number');
    if (!texts || !numbers || !modelRoles.some((one) => one === role) || `${String(name)}.json` !== fileName)
      return undefined;
    const entry = value as StoredModel;
    const found = await stat(entry.path);
    return found.isFile() && found.size === entry.bytes ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** A name that is a safe file name everywhere: of the file, or of the metadata where the file has a hash for a name. */
export function nameOf(fileName: string, inFile: string | undefined): string {
  const plain = fileName.replace(/\.gguf$/i, '');
  const given =
    /^sha256[-:]?[0-9a-f]{16,}|^[0-9a-f]{32,}$/i.test(plain) && inFile !== undefined && inFile !== '' ? inFile : plain;
  const safe = given
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, 80);
  if (safe === '') return 'model';
  return /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(safe) ? `model-${safe}` : safe;
}
