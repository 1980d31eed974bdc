import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const recordSchema = z.object({
  pid: z.int().positive(),
  url: z.url({ protocol: /^http$/u, hostname: /^127\.0\.0\.1$/u }),
  version: z.string(),
  startedAt: z.number(),
  /** What the host was started with, see `host-settings.ts`. */
  started: z.record(z.string(), z.object({ mark: z.string(), own: z.boolean() })).default({}),
});

/** What a running host says of itself, in a file for the programs of its user. It may be left over: whether a host runs, its lock says. */
export type HostRecord = z.output<typeof recordSchema>;

/** Replaces the file as a whole. */
export async function writeHostRecord(file: string, record: HostRecord): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const part = `${file}.${String(process.pid)}.part`;
  await rm(part, { force: true });
  const handle = await open(part, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(record, undefined, 2)}\n`);
  } finally {
    await handle.close();
  }
  await rename(part, file);
}

/** `undefined` where there is none, or none that can be read. */
export async function readHostRecord(file: string): Promise<HostRecord | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

export async function removeHostRecord(file: string): Promise<void> {
  await rm(file, { force: true });
}
