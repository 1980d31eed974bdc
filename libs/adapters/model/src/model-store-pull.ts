import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  NootropicError,
  type DownloadFile,
  type ModelDownload,
  type StoredModel,
  type TransferOptions,
} from '@nootropic/contracts';
import { hashFile } from './model-store-copy.ts';
import { downloadFile } from './model-download.ts';
import { holdDownload, isHeld } from './model-download-lock.ts';
import { journalName, openPart, partName, readJournal, type WriteAt } from './model-download-part.ts';
import { claimName, listEntries, nameOf, replaceEntry } from './model-store-entry.ts';
import { factsOf, placeAll, removeDrafts, targetPath, type CheckModelFile } from './model-store-import.ts';

export interface ModelPullOptions {
  readonly dir: string;
  readonly checkGguf: CheckModelFile;
  readonly now: () => number;
  readonly isRunning: (pid: number) => boolean;
  readonly fetch: typeof globalThis.fetch;
  /** Bytes that may still be written to the folder's disk. */
  readonly freeBytes: (dir: string) => Promise<number>;
  readonly write: WriteAt;
  readonly silenceMs: number;
  readonly retryMs: number;
}

/** One file of a download, and where it is now. */
interface Arrival {
  readonly file: DownloadFile;
  /** Where it arrives, or where it lies already. */
  readonly path: string;
  readonly present: boolean;
}

/** Left free for everything else on the disk. */
const spareBytes = 64 * 1024 ** 2;

/** Downloads a model into the folder and makes its entry; see `ModelStore.pull`. */
export async function pullModel(
  download: ModelDownload,
  options: ModelPullOptions,
  { signal, onProgress = () => undefined }: TransferOptions,
): Promise<StoredModel> {
  const first = soundFiles(download)[0];
  const { dir } = options;
  const total = download.files.reduce((sum, { bytes }) => sum + bytes, 0);
  signal?.throwIfAborted();
  const known = await knownEntry(download, dir);
  if (known !== undefined) return known;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const release = await holdDownload({
    dir,
    name: `pull-${first.sha256}`,
    isRunning: options.isRunning,
    signal,
    silenceMs: options.silenceMs,
    progress: async () => {
      const done = await arrivedBytes(download, dir);
      onProgress(done, total);
      return done;
    },
  });
  try {
    // Another program may have brought it while this one waited.
    const brought = await knownEntry(download, dir);
    if (brought !== undefined) return brought;
    await removeDrafts(dir, options.isRunning);
    await removeOutdated(download, options);
    return await bringAll(download, options, { signal, total, onProgress });
  } finally {
    await release();
  }
}

async function bringAll(
  download: ModelDownload,
  options: ModelPullOptions,
  call: { signal: AbortSignal | undefined; total: number; onProgress: (done: number, total: number) => void },
): Promise<StoredModel> {
  const { dir, checkGguf, now } = options;
  const { signal, total, onProgress } = call;
  const base = nameOf(`${download.name.replace(/\.gguf$/i, '')}.gguf`, undefined);
  const arrivals = await findArrivals(download, { dir, base }, signal);
  await checkSpace(download, arrivals, options);
  let before = 0;
  for (const { file, path, present } of arrivals) {
    const brought = before;
    if (!present) {
      const part = await openPart({
        path,
        journalPath: join(dir, journalName(file.sha256)),
        file,
        ref: download.ref,
        write: options.write,
        signal,
      });
      let wrong = false;
      try {
        onProgress(brought + part.done, total);
        await downloadFile(file, part, { ...options, signal, onBytes: (done) => onProgress(brought + done, total) });
        await part.sync();
      } catch (error) {
        wrong = NootropicError.is(error) && error.code === 'DOWNLOAD_CORRUPT';
        throw error;
      } finally {
        await (wrong ? part.discard() : part.close());
      }
    }
    before += file.bytes;
    onProgress(before, total);
  }
  const checked = await checkArrivals(arrivals, { dir, checkGguf, signal });
  const entry = await placeAll(
    arrivals.map(({ file, path }) => ({ part: path, sha256: file.sha256 })),
    { dir, base },
  );
  const model = await claimName({
    dir,
    base,
    facts: {
      ...entry,
      ...factsOf(checked),
      // The header knows best, but it calls most models a chat model.
      role: checked.role === 'chat' ? (download.role ?? 'chat') : checked.role,
      importedAt: now(),
      source: download.ref,
      ...(download.license !== undefined && { license: download.license }),
    },
  });
  for (const { file, path, present } of arrivals) {
    if (present) continue;
    await rm(path, { force: true });
    await rm(join(dir, journalName(file.sha256)), { force: true });
  }
  return model;
}

function soundFiles(download: ModelDownload): readonly [DownloadFile, ...DownloadFile[]] {
  const [first, ...rest] = download.files;
  const sound = (file: DownloadFile): boolean =>
    /^[0-9a-f]{64}$/.test(file.sha256) && Number.isSafeInteger(file.bytes) && file.bytes > 0;
  if (first === undefined || !download.files.every(sound) || download.files.length > 999)
    throw new NootropicError('DOWNLOAD_CORRUPT', `${download.ref} does not say exactly which bytes it consists of.`, {
      hint: 'Use another reference, or another file of the model.',
    });
  return [first, ...rest];
}

/** The same bytes as an entry that is there; where they come from is remembered with it. */
async function knownEntry(download: ModelDownload, dir: string): Promise<StoredModel | undefined> {
  const known = (await listEntries(dir)).find((entry) => entry.sha256 === download.files[0]?.sha256);
  if (known === undefined || known.source !== undefined) return known;
  return replaceEntry(dir, {
    ...known,
    source: download.ref,
    ...(known.license === undefined && download.license !== undefined && { license: download.license }),
  });
}

/** A file that already has its name is one whose entry was not reached before a kill. */
async function findArrivals(
  download: ModelDownload,
  at: { dir: string; base: string },
  signal: AbortSignal | undefined,
): Promise<Arrival[]> {
  const sha256 = download.files[0]?.sha256 ?? '';
  const arrivals: Arrival[] = [];
  for (const [index, file] of download.files.entries()) {
    const target = targetPath(at, { sha256, index, parts: download.files.length });
    const size = await sizeOf(target);
    const same =
      size === file.bytes && (await hashFile(target, { signal, onProgress: () => undefined })) === file.sha256;
    if (size !== undefined && !same) await rm(target, { force: true });
    arrivals.push({ file, path: same ? target : join(at.dir, partName(file.sha256)), present: same });
  }
  return arrivals;
}

async function checkSpace(
  download: ModelDownload,
  arrivals: readonly Arrival[],
  { dir, freeBytes }: ModelPullOptions,
): Promise<void> {
  let needed = 0;
  for (const { file, path, present } of arrivals)
    if (!present) needed += Math.max(0, file.bytes - ((await sizeOf(path)) ?? 0));
  const free = await freeBytes(dir);
  if (needed === 0 || free >= needed + spareBytes) return;
  throw new NootropicError(
    'DISK_FULL',
    `${download.name} needs ${inGigabytes(needed)} more in ${dir}, and only ${inGigabytes(free)} are free there.`,
    { hint: 'Free some space, choose a smaller file, or move NOOTROPIC_HOME to a larger disk.' },
  );
}

function inGigabytes(bytes: number): string {
  return bytes >= 1e8 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The header of the first file is checked; the other parts of a split model hold tensors only. */
async function checkArrivals(
  arrivals: readonly Arrival[],
  of: { dir: string; checkGguf: CheckModelFile; signal: AbortSignal | undefined },
) {
  try {
    for (const { file, path } of arrivals.slice(1)) {
      if ((await magicOf(path)) !== 'GGUF')
        throw new NootropicError('MODEL_FILE_INVALID', `${file.name} is not a GGUF file.`);
    }
    return await of.checkGguf(arrivals[0]?.path ?? '', of.signal === undefined ? {} : { signal: of.signal });
  } catch (error) {
    if (NootropicError.is(error) && error.code === 'MODEL_FILE_INVALID') {
      // These are the promised bytes, so downloading them again would not help.
      for (const { file } of arrivals) {
        await rm(join(of.dir, partName(file.sha256)), { force: true });
        await rm(join(of.dir, journalName(file.sha256)), { force: true });
      }
    }
    throw error;
  }
}

async function magicOf(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What is left of earlier downloads of the same reference when it means other bytes now. Nothing, while another download goes on. */
async function removeOutdated(download: ModelDownload, { dir, isRunning }: ModelPullOptions): Promise<void> {
  const names = await readdir(dir);
  if (names.filter((name) => isHeld(name, isRunning)).length > 1) return;
  const current = new Set(download.files.map(({ sha256 }) => journalName(sha256)));
  for (const name of names) {
    if (!/^pull-[0-9a-f]{64}\.journal$/.test(name) || current.has(name)) continue;
    const journal = await readJournal(join(dir, name));
    if (journal !== undefined && unpinned(journal.ref) !== unpinned(download.ref)) continue;
    await rm(join(dir, name.replace(/journal$/, 'part')), { force: true });
    await rm(join(dir, name), { force: true });
  }
}

/** The part of a pinned reference before the pin. */
function unpinned(ref: string): string {
  const at = ref.lastIndexOf('@');
  return at < 0 ? ref : ref.slice(0, at);
}

async function arrivedBytes(download: ModelDownload, dir: string): Promise<number> {
  let done = 0;
  for (const { sha256 } of download.files) done += (await sizeOf(join(dir, partName(sha256)))) ?? 0;
  return done;
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}
