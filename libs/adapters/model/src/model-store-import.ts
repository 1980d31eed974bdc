import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { NootropicError, type ModelRole, type StoredModel, type TransferOptions } from '@nootropic/contracts';
import { copyAndHash, hashFile } from './model-store-copy.ts';
import { claimName, listEntries, nameOf, partFileName, partsOf, placeFile, readPartName } from './model-store-entry.ts';

/** What the store needs to know of a checked file. */
export interface CheckedModel {
  readonly architecture: string;
  /** Tokens the model was trained on; 0 when the file does not say. */
  readonly contextLength: number;
  readonly role: ModelRole;
  /** The name in the file's metadata, if any. */
  readonly name?: string | undefined;
}

export type CheckModelFile = (path: string, options: { readonly signal?: AbortSignal }) => Promise<CheckedModel>;

export interface ModelImportOptions {
  readonly dir: string;
  readonly checkGguf: CheckModelFile;
  readonly now: () => number;
  readonly isRunning: (pid: number) => boolean;
  readonly link: (from: string, to: string) => Promise<void>;
}

/** Takes a file of this machine in; of a split model all its parts, which must lie in one folder. */
export async function importModel(
  path: string,
  options: ModelImportOptions,
  { signal, onProgress = () => undefined }: TransferOptions,
): Promise<StoredModel> {
  const { dir, checkGguf, now } = options;
  signal?.throwIfAborted();
  const whole = partsOf(path);
  if ((readPartName(basename(path))?.part ?? 1) !== 1)
    throw new NootropicError(
      'MODEL_FILE_INVALID',
      `${path} is a part of a split model. Import its first part, ${basename(whole[0] ?? '')}.`,
    );
  const sources: { path: string; bytes: number }[] = [];
  for (const one of whole) sources.push(await regularFile(one));
  const total = sources.reduce((sum, { bytes }) => sum + bytes, 0);
  const check = signal === undefined ? {} : { signal };
  const checked = await checkGguf(sources[0]?.path ?? path, check);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await removeDrafts(dir, options.isRunning);
  const drafts: { part: string; sha256: string }[] = [];
  let before = 0;
  try {
    for (const source of sources) {
      const draft = { part: join(dir, `${process.pid}-${crypto.randomUUID()}.part`), sha256: '' };
      drafts.push(draft);
      const brought = before;
      draft.sha256 = await bring({
        source: source.path,
        part: draft.part,
        makeLink: options.link,
        signal,
        onProgress: (done) => onProgress(brought + done, Math.max(total, brought + done)),
      });
      before += source.bytes;
    }
    const [first] = drafts;
    if (first === undefined) throw new NootropicError('PATH_NOT_FOUND', `There is no file ${path}.`);
    const known = (await listEntries(dir)).find((entry) => entry.sha256 === first.sha256);
    if (known !== undefined) return known;
    await checkGguf(first.part, check);
    signal?.throwIfAborted();
    const base = nameOf(basename(path), checked.name);
    const entry = await placeAll(drafts, { dir, base });
    return await claimName({
      dir,
      base,
      facts: { ...entry, ...factsOf(checked), importedAt: now() },
    });
  } finally {
    for (const { part } of drafts) await rm(part, { force: true });
  }
}

/** What an entry keeps of a checked file. */
export function factsOf(checked: CheckedModel): Pick<StoredModel, 'architecture' | 'contextLength' | 'role'> {
  return { architecture: checked.architecture, contextLength: checked.contextLength, role: checked.role };
}

/** Gives whole files their names, the first last, and says what an entry holds of them. */
export async function placeAll(
  drafts: readonly { part: string; sha256: string }[],
  at: { dir: string; base: string },
): Promise<Pick<StoredModel, 'path' | 'ref' | 'bytes' | 'sha256'>> {
  const sha256 = drafts[0]?.sha256 ?? '';
  const targets = drafts.map((_, index) => targetPath(at, { sha256, index, parts: drafts.length }));
  let bytes = 0;
  for (const [index, { part }] of [...drafts.entries()].reverse()) {
    const target = targets[index] ?? '';
    await placeFile(part, target);
    bytes += (await stat(target)).size;
  }
  const path = targets[0] ?? '';
  return { path, ref: `file:${path}`, bytes, sha256 };
}

/** Where a file of a model lies. `sha256`: of its first file. */
export function targetPath(
  at: { dir: string; base: string },
  of: { sha256: string; index: number; parts: number },
): string {
  return join(at.dir, partFileName(`${at.base}-${of.sha256.slice(0, 12)}`, of.index, of.parts));
}

/** Drafts that a killed program left. */
export async function removeDrafts(dir: string, isRunning: (pid: number) => boolean): Promise<void> {
  for (const name of await readdir(dir)) {
    const pid = /^(\d+)-[\w-]+\.part$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(dir, name), { force: true });
  }
}

async function regularFile(path: string): Promise<{ path: string; bytes: number }> {
  try {
    // The caches of other programs hold links; what they point to is what is taken in.
    const real = await realpath(path);
    const found = await stat(real);
    if (found.isFile()) return { path: real, bytes: found.size };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM')
      throw new NootropicError('DENIED', `${path} cannot be read: permission denied.`, { cause: error });
    throw new NootropicError('PATH_NOT_FOUND', `There is no file ${path}.`, { cause: error });
  }
  throw new NootropicError('MODEL_FILE_INVALID', `${path} is not a file.`);
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
