import { createHash, type Hash } from 'node:crypto';
import { open, readFile, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import type { DownloadFile } from '@nootropic/contracts';

/** What is written beside the bytes that have arrived, so that another process can go on with them. */
interface Journal {
  /** The pinned reference of the download. */
  readonly ref: string;
  readonly sha256: string;
  readonly bytes: number;
  /** What the place called this version of the file, where it did. */
  readonly etag?: string;
}

/** Writes all bytes at a place of a file. Replaced in tests by what a full disk does. */
export type WriteAt = (file: FileHandle, bytes: Uint8Array, position: number) => Promise<void>;

/** The beginning of a file that is being downloaded, and the hash of what is there. */
export interface DownloadPart {
  readonly path: string;
  /** Bytes that have arrived. */
  readonly done: number;
  readonly etag: string | undefined;
  append(bytes: Uint8Array): Promise<void>;
  /** Throws away what is there. `etag`: of what comes now. */
  restart(etag?: string): Promise<void>;
  /** Hex SHA-256 of what is there. */
  digest(): string;
  /** The bytes are on the disk when this resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
  /** Closes and removes the bytes and what is known of them. */
  discard(): Promise<void>;
}

export const partName = (sha256: string): string => `pull-${sha256}.part`;
export const journalName = (sha256: string): string => `pull-${sha256}.journal`;

export interface OpenPartOptions {
  readonly path: string;
  readonly journalPath: string;
  readonly file: DownloadFile;
  readonly ref: string;
  readonly write: WriteAt;
  readonly signal: AbortSignal | undefined;
}

/** Opens what an earlier download left, hashing it anew, or begins. What does not belong to this file is thrown away. */
export async function openPart(options: OpenPartOptions): Promise<DownloadPart> {
  const { path, journalPath, file, ref, write, signal } = options;
  const known = await readJournal(journalPath);
  const belongs = known?.sha256 === file.sha256 && known.bytes === file.bytes;
  const handle = await open(path, belongs ? 'a' : 'w', 0o600).then(async (made) => {
    await made.close();
    return open(path, 'r+');
  });
  let etag = belongs ? known.etag : undefined;
  let hash: Hash = createHash('sha256');
  let done = 0;
  const keepJournal = (): Promise<void> =>
    writeJournal(journalPath, {
      ref,
      sha256: file.sha256,
      bytes: file.bytes,
      ...(etag !== undefined && { etag }),
    });
  const restart = async (now?: string): Promise<void> => {
    await handle.truncate(0);
    [hash, done, etag] = [createHash('sha256'), 0, now];
    await keepJournal();
  };
  try {
    const { size } = await handle.stat();
    if (size > file.bytes) await restart();
    else {
      if (!belongs) await keepJournal();
      await hashInto(hash, handle, signal);
      done = size;
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    path,
    get done() {
      return done;
    },
    get etag() {
      return etag;
    },
    async append(bytes) {
      await write(handle, bytes, done);
      hash.update(bytes);
      done += bytes.length;
    },
    restart,
    digest: () => hash.copy().digest('hex'),
    sync: () => handle.sync(),
    close: () => handle.close(),
    async discard() {
      await handle.close();
      await rm(path, { force: true });
      await rm(journalPath, { force: true });
    },
  };
}

/** `undefined` for what is no journal. */
export async function readJournal(path: string): Promise<Journal | undefined> {
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as Partial<Record<keyof Journal, unknown>>;
    const sound =
      typeof value.ref === 'string' &&
      typeof value.sha256 === 'string' &&
      typeof value.bytes === 'number' &&
      (value.etag === undefined || typeof value.etag === 'string');
    return sound ? (value as Journal) : undefined;
  } catch {
    return undefined;
  }
}

export async function writeWhole(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

async function writeJournal(path: string, journal: Journal): Promise<void> {
  const draft = `${path}.new`;
  await writeFile(draft, `${JSON.stringify(journal)}\n`, { mode: 0o600 });
  await rename(draft, path);
}

async function hashInto(hash: Hash, handle: FileHandle, signal: AbortSignal | undefined): Promise<void> {
  const buffer = new Uint8Array(1024 * 1024);
  for (let at = 0; ;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}
