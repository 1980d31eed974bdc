import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';

export interface ReadOptions {
  readonly signal: AbortSignal | undefined;
  /** Bytes so far, of how many. */
  readonly onProgress: (done: number, total: number) => void;
}

const blockBytes = 1024 * 1024;

/** Hex SHA-256 of a file. Reads in blocks, so that an abort ends it soon and memory stays small. */
export async function hashFile(path: string, options: ReadOptions): Promise<string> {
  const file = await open(path, 'r');
  try {
    return await readThrough(file, createHash('sha256'), { ...options, write: async () => undefined });
  } finally {
    await file.close();
  }
}

/** Copies a file to a new one (0600), hashing on the way; the copy is on the disk when this resolves. */
export async function copyAndHash(from: string, to: string, options: ReadOptions): Promise<string> {
  const source = await open(from, 'r');
  try {
    const target = await open(to, 'wx', 0o600);
    try {
      const write = async (block: Uint8Array): Promise<void> => {
        for (let at = 0; at < block.length;) at += (await target.write(block, at)).bytesWritten;
      };
      const hash = await readThrough(source, createHash('sha256'), { ...options, write });
      await target.sync();
      return hash;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function readThrough(
  file: FileHandle,
  hash: Hash,
  options: ReadOptions & { readonly write: (block: Uint8Array) => Promise<void> },
): Promise<string> {
  const total = (await file.stat()).size;
  const buffer = new Uint8Array(blockBytes);
  options.onProgress(0, total);
  for (let done = 0; ;) {
    options.signal?.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, blockBytes);
    if (bytesRead === 0) return hash.digest('hex');
    const block = buffer.subarray(0, bytesRead);
    hash.update(block);
    await options.write(block);
    done += bytesRead;
    options.onProgress(done, Math.max(total, done));
  }
}

/** Makes new names in a folder last. Systems that cannot open a folder keep names safe by themselves. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {
    // See above: not every system offers it.
  }
}
