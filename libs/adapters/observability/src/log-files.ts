import { createReadStream } from 'node:fs';
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import type { LogLevel } from '@nootropic/contracts';

/** A line of the log: `time`, `level` and `message`, and its facts beside them. */
export type LogLine = Readonly<Record<string, string | number | boolean>> & {
  readonly time: string;
  readonly level: string;
  readonly message: string;
};

export interface LogQuery {
  /** The newest so many lines. Default: all. */
  readonly lines?: number;
  /** The least severe line. Default: every line. */
  readonly level?: LogLevel;
  /** Milliseconds since 1970: only lines from then on. */
  readonly since?: number;
}

export interface FollowOptions extends Pick<LogQuery, 'level'> {
  readonly signal?: AbortSignal;
  /** How often the file is looked at, in milliseconds. Default 200. */
  readonly pollMs?: number;
}

const levels: readonly string[] = ['debug', 'info', 'warn', 'error'];
const current = 'nootropic.log';

/** The lines that are kept, oldest first. No process need run. A folder that is not there holds none; a line that is no JSON is left out. */
export async function readLogLines(
  dir: string,
  { lines = Infinity, level, since = 0 }: LogQuery = {},
): Promise<LogLine[]> {
  const found: LogLine[] = [];
  for (const name of await logFiles(dir)) {
    const reader = createInterface({ input: createReadStream(join(dir, name)), crlfDelay: Infinity });
    try {
      for await (const text of reader) {
        const line = parseLine(text);
        if (line === undefined || !isDue(line, level) || Date.parse(line.time) < since) continue;
        found.push(line);
        if (found.length > 2 * lines) found.splice(0, found.length - lines);
      }
    } catch (error) {
      // It was rotated away while it was read.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return found.slice(Math.max(0, found.length - lines));
}

/**
 * Lines as they are written from now on, by whatever process, until the signal aborts. The file is looked at again and again rather than watched: a
 * watch of a folder misses changes on network file systems. When it is rotated away, it is read to its end, then the new one from its beginning.
 */
export async function* followLogLines(
  dir: string,
  { level, signal, pollMs = 200 }: FollowOptions = {},
): AsyncGenerator<LogLine> {
  const path = join(dir, current);
  let handle = await openIfThere(path);
  let at = handle === undefined ? 0 : (await handle.stat()).size;
  let rest = '';
  const decoder = new TextDecoder();
  const buffer = Buffer.alloc(65_536);
  const take = async function* (): AsyncGenerator<LogLine> {
    while (handle !== undefined) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      const parts = (rest + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split('\n');
      rest = parts.pop() ?? '';
      for (const text of parts) {
        const line = parseLine(text);
        if (line !== undefined && isDue(line, level)) yield line;
      }
    }
  };
  try {
    while (signal?.aborted !== true) {
      yield* take();
      const named = await stat(path).catch(() => undefined);
      const held = await handle?.stat();
      if (named !== undefined && named.ino !== held?.ino) {
        // What was written between the last look and the rotation.
        yield* take();
        const next = await openAfter(dir, held?.ino);
        if (next) {
          await handle?.close();
          handle = next;
          at = 0;
          rest = '';
          continue;
        }
      }
      await wait(pollMs, undefined, signal ? { signal } : {}).catch(() => undefined);
    }
  } finally {
    await handle?.close();
  }
}

/** The file that was begun after the one of this number, since more than one may have been begun between two looks; `undefined` while files are being renamed. */
async function openAfter(dir: string, ino: number | undefined): Promise<FileHandle | undefined> {
  const names = await logFiles(dir);
  const numbers = await Promise.all(
    names.map(async (name) => (await stat(join(dir, name)).catch(() => undefined))?.ino),
  );
  const place = ino === undefined ? 0 : numbers.indexOf(ino) + 1;
  const name = names[place];
  const handle = name === undefined ? undefined : await openIfThere(join(dir, name));
  if (handle === undefined || (await handle.stat()).ino === numbers[place]) return handle;
  await handle.close();
  return undefined;
}

/** Oldest first: `nootropic.4.log` … `nootropic.1.log`, `nootropic.log`. */
async function logFiles(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  return names
    .map((name) => ({ name, age: name === current ? 0 : Number(/^nootropic\.(\d+)\.log$/u.exec(name)?.[1] ?? NaN) }))
    .filter(({ age }) => !Number.isNaN(age))
    .sort((a, b) => b.age - a.age)
    .map(({ name }) => name);
}

function parseLine(text: string): LogLine | undefined {
  try {
    const line = JSON.parse(text) as Partial<LogLine> | null;
    return typeof line?.time === 'string' && typeof line.level === 'string' && typeof line.message === 'string'
      ? (line as LogLine)
      : undefined;
  } catch {
    return undefined;
  }
}

function isDue({ level }: LogLine, least: LogLevel | undefined): boolean {
  return least === undefined || levels.indexOf(level) >= levels.indexOf(least);
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  return open(path, 'r').catch(() => undefined);
}
