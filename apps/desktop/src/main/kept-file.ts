import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';

export interface KeptFile<T> {
  /** What the file holds; what it holds in another shape, or cannot be read, is as nothing. */
  read(): Promise<T | undefined>;
  /** Replaces the file as a whole; calls are done one after the other. */
  write(value: T): Promise<void>;
}

/** A JSON file that only this user can read, and that is never half-written. */
export function createKeptFile<T>(path: string, schema: z.ZodType<T>): KeptFile<T> {
  let last: Promise<unknown> = Promise.resolve();
  return {
    async read() {
      try {
        return schema.parse(JSON.parse(await readFile(path, 'utf8')));
      } catch {
        return undefined;
      }
    },
    write(value) {
      const writing = last.catch(() => undefined).then(() => replace(path, JSON.stringify(value)));
      last = writing;
      return writing;
    },
  };
}

async function replace(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const part = `${path}.${randomUUID()}.part`;
  try {
    const handle = await open(part, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, path);
  } finally {
    await rm(part, { force: true });
  }
}
