import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { copyFile, open } from 'node:fs/promises';
import { join } from 'node:path';
import { NootropicError } from '@nootropic/contracts';
import type { Database } from '@nootropic/sqlite';

export interface BlobFacts {
  readonly bytes: number;
  readonly lines: number;
  readonly binary: boolean;
}

/** Contents by their SHA-256. What is kept is on the disk once `flush` has returned and the transaction around it is committed. */
export interface JournalBlobs {
  has(hash: string): boolean;
  facts(hash: string): BlobFacts | undefined;
  keep(bytes: Uint8Array): string;
  /** Writes the names of new files to the disk. */
  flush(): void;
  /** Keeps what an open file holds. `path` leads to the same file. */
  keepFile(fd: number, path: string): Promise<string>;
  /** Rejects with `STORE_CORRUPT` where the content is gone or another. */
  read(hash: string): Buffer;
  /** Makes a new file of this content; it shares the room on the disk where the file system can do that. Nothing is flushed. */
  writeTo(hash: string, path: string): Promise<void>;
  /** Bytes of all that is kept. */
  total(): number;
  /** Lets go of what no step and no snapshot needs. Nothing may be under way. */
  sweep(): void;
}

/** Smaller contents lie in the database: SQLite reads and writes those faster than a file system (https://sqlite.org/fasterthanfs.html). */
const largeBytes = 64 * 1024;
const chunkBytes = 256 * 1024;
/** Where git looks for a NUL to tell binary from text. */
const headBytes = 8000;

/** Whether a content is no text, told as git does. */
export function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, headBytes).includes(0);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Counts lines while the content goes by. */
function createMeter() {
  const hash = createHash('sha256');
  let bytes = 0;
  let breaks = 0;
  let last = 10;
  let binary = false;
  return {
    take(chunk: Uint8Array): void {
      if (chunk.length === 0) return;
      if (bytes === 0) binary = isBinary(chunk);
      hash.update(chunk);
      bytes += chunk.length;
      last = chunk.at(-1) ?? last;
      if (!binary) for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) breaks += 1;
    },
    end: (): BlobFacts & { hash: string } => ({
      hash: hash.digest('hex'),
      bytes,
      binary,
      lines: binary ? 0 : breaks + (last === 10 ? 0 : 1),
    }),
  };
}

/** Writes the names in a folder to the disk. Windows does that with the files. */
function flushFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Contents in the database, and large ones as files below `folder`, which nobody but the user may read. */
export function createJournalBlobs(db: Database, folder: string): JournalBlobs {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const find = db.prepare<[string], { bytes: number; lines: number; is_binary: number; is_file: number }>(
    'SELECT bytes, lines, is_binary, is_file FROM blobs WHERE hash = ?',
  );
  const insert = db.prepare('INSERT INTO blobs (hash, bytes, lines, is_binary, is_file) VALUES (?, ?, ?, ?, ?)');
  const insertContent = db.prepare('INSERT INTO contents (hash, data) VALUES (?, ?)');
  const content = db.prepare<[string], Buffer>('SELECT data FROM contents WHERE hash = ?').pluck();
  const sum = db.prepare<[], number>('SELECT coalesce(sum(bytes), 0) FROM blobs').pluck();
  const orphans = db.prepare<[], { hash: string; is_file: number }>(
    `SELECT hash, is_file FROM blobs WHERE hash NOT IN (
       SELECT hash FROM tree WHERE hash IS NOT NULL
       UNION SELECT before_hash FROM moves WHERE before_hash IS NOT NULL
       UNION SELECT after_hash FROM moves WHERE after_hash IS NOT NULL)`,
  );
  const remove = db.prepare('DELETE FROM blobs WHERE hash = ?');
  const unflushed = new Set<string>();
  const placeOf = (hash: string): string => join(folder, hash.slice(0, 2), hash.slice(2));

  const keepSmall = db.transaction((bytes: Uint8Array, facts: BlobFacts & { hash: string }): void => {
    insert.run(facts.hash, facts.bytes, facts.lines, Number(facts.binary), 0);
    insertContent.run(facts.hash, bytes);
  });
  const settle = (temporary: string, facts: BlobFacts & { hash: string }): void => {
    const place = placeOf(facts.hash);
    mkdirSync(join(place, '..'), { recursive: true, mode: 0o700 });
    renameSync(temporary, place);
    unflushed.add(join(place, '..'));
    // Another copy of the same content may have been quicker.
    if (find.get(facts.hash)) return;
    insert.run(facts.hash, facts.bytes, facts.lines, Number(facts.binary), 1);
  };
  const keepBytes = (bytes: Uint8Array): string => {
    const meter = createMeter();
    meter.take(bytes);
    const facts = meter.end();
    if (find.get(facts.hash)) return facts.hash;
    if (bytes.length < largeBytes) keepSmall(bytes, facts);
    else {
      const temporary = join(folder, `new-${randomUUID()}`);
      writeFileSync(temporary, bytes, { mode: 0o600, flag: 'wx', flush: true });
      settle(temporary, facts);
    }
    return facts.hash;
  };

  return {
    has: (hash) => find.get(hash) !== undefined,
    facts(hash) {
      const row = find.get(hash);
      return row && { bytes: row.bytes, lines: row.lines, binary: row.is_binary === 1 };
    },
    keep: keepBytes,
    flush() {
      if (unflushed.size > 0) flushFolder(folder);
      for (const each of unflushed) flushFolder(each);
      unflushed.clear();
    },
    async keepFile(fd, path) {
      if (fstatSync(fd).size < largeBytes) return keepBytes(readWhole(fd));
      const temporary = join(folder, `new-${randomUUID()}`);
      try {
        // The copy is what is hashed: the file itself may change meanwhile.
        await copyFile(path, temporary, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
        await using copy = await open(temporary, 'r+');
        await copy.chmod(0o600);
        const meter = createMeter();
        const buffer = Buffer.allocUnsafe(chunkBytes);
        for (;;) {
          const { bytesRead } = await copy.read(buffer, 0, chunkBytes, null);
          if (bytesRead === 0) break;
          meter.take(buffer.subarray(0, bytesRead));
        }
        const facts = meter.end();
        if (find.get(facts.hash)) return facts.hash;
        await copy.sync();
        settle(temporary, facts);
        return facts.hash;
      } finally {
        rmSync(temporary, { force: true });
      }
    },
    read(hash) {
      const row = find.get(hash);
      const bytes = row?.is_file === 1 ? readPlace(placeOf(hash)) : content.get(hash);
      if (bytes === undefined || sha256(bytes) !== hash)
        throw new NootropicError('STORE_CORRUPT', `The content ${hash} is gone from ${folder}, or is another.`);
      return bytes;
    },
    async writeTo(hash, path) {
      const row = find.get(hash);
      if (row?.is_file === 1)
        return copyFile(placeOf(hash), path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
      const bytes = content.get(hash);
      if (!bytes) throw new NootropicError('STORE_CORRUPT', `The content ${hash} is gone from ${folder}.`);
      writeFileSync(path, bytes, { mode: 0o600, flag: 'wx' });
    },
    total: () => sum.get() ?? 0,
    sweep() {
      const gone = orphans.all();
      db.transaction(() => gone.forEach(({ hash }) => remove.run(hash)))();
      for (const { hash, is_file } of gone) if (is_file === 1) rmSync(placeOf(hash), { force: true });
      for (const name of readdirSync(folder)) if (name.startsWith('new-')) rmSync(join(folder, name), { force: true });
      db.pragma('incremental_vacuum');
    },
  };
}

function readPlace(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** All that an open file holds, however long it has become meanwhile. */
export function readWhole(fd: number): Buffer {
  const chunks: Buffer[] = [];
  for (;;) {
    const buffer = Buffer.allocUnsafe(chunks.length === 0 ? fstatSync(fd).size + 1 : chunkBytes);
    const count = readSync(fd, buffer, 0, buffer.length, null);
    chunks.push(buffer.subarray(0, count));
    // Of a regular file less than asked for is given only at its end.
    if (count < buffer.length) return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
  }
}
