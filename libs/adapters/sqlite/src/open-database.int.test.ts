import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NootropicError } from '@nootropic/contracts';
import { checkIntegrity, mapSqliteError, openDatabase, tryFileLock } from './index.ts';

const one = ['CREATE TABLE t (x TEXT NOT NULL) STRICT'];
const two = [...one, "ALTER TABLE t ADD COLUMN y TEXT NOT NULL DEFAULT ''"];
const posix = process.platform !== 'win32';

let root: string;
let path: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'nootropic-sqlite-'));
  path = join(root, 'data', 'store.sqlite');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return NootropicError.is(error) ? error.code : `not ours: ${String(error)}`;
  }
  return 'nothing thrown';
}

describe('openDatabase', () => {
  it('sets the pragmas that its durability promises', () => {
    const full = openDatabase({ path, migrations: one, durability: 'full' });
    expect(full.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(full.pragma('synchronous', { simple: true })).toBe(2);
    expect(full.pragma('foreign_keys', { simple: true })).toBe(1);
    expect(full.pragma('trusted_schema', { simple: true })).toBe(0);
    expect(full.pragma('cache_size', { simple: true })).toBe(-2048);
    full.close();
    const normal = openDatabase({ path, migrations: one, durability: 'normal', busyTimeoutMs: 123 });
    expect(normal.pragma('synchronous', { simple: true })).toBe(1);
    expect(normal.pragma('busy_timeout', { simple: true })).toBe(123);
    normal.close();
  });

  it.runIf(posix)(
    'makes the folder 0700 and every file 0600, whatever the umask, and tightens files that are open to others',
    () => {
      const before = process.umask(0);
      try {
        const db = openDatabase({ path, migrations: one, durability: 'full' });
        db.exec("INSERT INTO t VALUES ('a')");
        const mode = (file: string) => statSync(file).mode & 0o777;
        expect(mode(join(root, 'data'))).toBe(0o700);
        for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(mode(file)).toBe(0o600);
        db.close();
        chmodSync(path, 0o644);
        openDatabase({ path, migrations: one, durability: 'full' }).close();
        expect(mode(path)).toBe(0o600);
      } finally {
        process.umask(before);
      }
    },
  );

  it('brings an older schema up to date and keeps what is in it', () => {
    const old = openDatabase({ path, migrations: one, durability: 'full' });
    old.exec("INSERT INTO t VALUES ('kept')");
    old.close();
    const db = openDatabase({ path, migrations: two, durability: 'full' });
    expect(db.prepare('SELECT * FROM t').all()).toEqual([{ x: 'kept', y: '' }]);
    expect(db.pragma('user_version', { simple: true })).toBe(2);
    db.close();
  });

  it('leaves the schema as it was when a step fails', () => {
    openDatabase({ path, migrations: one, durability: 'full' }).close();
    const bad = [...one, 'CREATE TABLE u (x); CREATE TABLE t (x)'];
    expect(codeOf(() => openDatabase({ path, migrations: bad, durability: 'full' }))).toBe('INTERNAL');
    const db = openDatabase({ path, migrations: one, durability: 'full' });
    expect(db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'u'").get()).toEqual({ n: 0 });
    db.close();
  });

  it('refuses a newer schema by name and leaves the file byte-identical, also when the news is still in the log', () => {
    const db = openDatabase({ path, migrations: two, durability: 'full' });
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.pragma('user_version = 7');
    db.exec("INSERT INTO t VALUES ('new', 'new')");
    // A copy made now is what a kill leaves behind: the file says 2, the log says 7.
    const killed = join(root, 'killed', 'store.sqlite');
    mkdirSync(join(root, 'killed'));
    for (const end of ['', '-wal']) copyFileSync(path + end, killed + end);
    db.close();
    for (const file of [path, killed]) {
      const files = [file, `${file}-wal`].filter((name) => existsSync(name));
      const bytes = files.map((name) => readFileSync(name));
      expect(() => openDatabase({ path: file, migrations: two, durability: 'full' })).toThrow(
        expect.objectContaining({
          code: 'STORE_NEWER',
          message: expect.stringMatching(/store\.sqlite has schema 7;.* up to 2/) as string,
        }),
      );
      expect(files.map((name) => readFileSync(name))).toEqual(bytes);
    }
  });

  it('opens what a process that was killed in its first transaction left behind', () => {
    const left = join(root, 'left.sqlite');
    const db = openDatabase({ path: left, migrations: one, durability: 'full' });
    db.pragma('journal_mode = DELETE');
    db.pragma('cache_size = 1');
    db.pragma('cache_spill = 1');
    db.exec("INSERT INTO t VALUES ('before')");
    db.exec(
      'BEGIN; INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT hex(randomblob(500)) FROM n',
    );
    mkdirSync(join(root, 'data'));
    copyFileSync(left, path);
    copyFileSync(`${left}-journal`, `${path}-journal`);
    db.close();
    const again = openDatabase({ path, migrations: one, durability: 'full' });
    expect(again.prepare('SELECT x FROM t').all()).toEqual([{ x: 'before' }]);
    expect(checkIntegrity(again)).toEqual([]);
    again.close();
  });

  it('says STORE_CORRUPT for what is no database and for a damaged one', () => {
    mkdirSync(join(root, 'data'));
    writeFileSync(path, 'This is not a database, but it is long enough to look at.'.repeat(100));
    expect(codeOf(() => openDatabase({ path, migrations: one, durability: 'full' }))).toBe('STORE_CORRUPT');
    expect(readFileSync(path, 'utf8')).toMatch(/^This is not/);
    rmSync(path);
    const db = openDatabase({ path, migrations: one, durability: 'full' });
    db.exec(
      'INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT hex(randomblob(100)) FROM n',
    );
    expect(checkIntegrity(db)).toEqual([]);
    db.close();
    const bytes = readFileSync(path);
    bytes.fill(0xff, 4096, 4096 * 4);
    writeFileSync(path, bytes);
    const damaged = openDatabase({ path, migrations: one, durability: 'full' });
    const code = codeOf(() => {
      try {
        damaged.prepare('SELECT count(*) FROM t WHERE x > 1').get();
      } catch (error) {
        throw mapSqliteError(error, path);
      }
    });
    expect(code).toBe('STORE_CORRUPT');
    damaged.close();
  });

  it('says STORE_BUSY when another connection writes, and DENIED where the file may not be made', () => {
    const a = openDatabase({ path, migrations: one, durability: 'full' });
    const b = openDatabase({ path, migrations: one, durability: 'full', busyTimeoutMs: 10 });
    a.exec('BEGIN IMMEDIATE');
    expect(
      codeOf(() => {
        try {
          b.exec('BEGIN IMMEDIATE');
        } catch (error) {
          throw mapSqliteError(error, path);
        }
      }),
    ).toBe('STORE_BUSY');
    a.close();
    b.close();
    if (posix && process.getuid?.() !== 0) {
      mkdirSync(join(root, 'locked'), { mode: 0o500 });
      expect(
        codeOf(() => openDatabase({ path: join(root, 'locked', 'x.sqlite'), migrations: [], durability: 'full' })),
      ).toBe('DENIED');
    }
  });

  it('reads without writing, and only what is there and current', () => {
    expect(codeOf(() => openDatabase({ path, migrations: one, durability: 'full', readonly: true }))).toBe('NOT_FOUND');
    expect(existsSync(join(root, 'data'))).toBe(false);
    openDatabase({ path, migrations: one, durability: 'full' }).close();
    expect(codeOf(() => openDatabase({ path, migrations: two, durability: 'full', readonly: true }))).toBe(
      'INPUT_INVALID',
    );
    const db = openDatabase({ path, migrations: one, durability: 'full', readonly: true });
    expect(() => db.exec("INSERT INTO t VALUES ('a')")).toThrow(/readonly/);
    db.close();
  });
});

describe('mapSqliteError', () => {
  const thrown = (code: string) => Object.assign(new Error('because'), { code });

  it.each([
    ['SQLITE_BUSY_SNAPSHOT', 'STORE_BUSY'],
    ['SQLITE_FULL', 'DISK_FULL'],
    ['ENOSPC', 'DISK_FULL'],
    ['SQLITE_CORRUPT_VTAB', 'STORE_CORRUPT'],
    ['SQLITE_NOTADB', 'STORE_CORRUPT'],
    ['EACCES', 'DENIED'],
    ['SQLITE_READONLY_DBMOVED', 'DENIED'],
    ['SQLITE_CONSTRAINT_UNIQUE', 'INTERNAL'],
  ])('%s is %s', (code, expected) => {
    expect(mapSqliteError(thrown(code), '/x').code).toBe(expected);
  });

  it('tells an I/O error on a full disk from one on a disk with room', () => {
    expect(mapSqliteError(thrown('SQLITE_IOERR_FSYNC'), '/x', () => 0).code).toBe('DISK_FULL');
    expect(mapSqliteError(thrown('SQLITE_IOERR_FSYNC'), '/x', () => 1e9).code).toBe('STORE_UNREADABLE');
    expect(mapSqliteError(thrown('SQLITE_IOERR_FSYNC'), '/x', () => undefined).code).toBe('STORE_UNREADABLE');
  });

  it('keeps an error that is ours already', () => {
    const ours = new NootropicError('INPUT_INVALID');
    expect(mapSqliteError(ours, '/x')).toBe(ours);
  });
});

describe('tryFileLock', () => {
  it('lets one in, and the next after the release', () => {
    const lock = tryFileLock(path);
    expect(lock).toBeDefined();
    expect(tryFileLock(path)).toBeUndefined();
    lock?.release();
    const next = tryFileLock(path);
    expect(next).toBeDefined();
    next?.release();
    next?.release();
  });

  it('is free again when its holder is killed', async () => {
    const script = `import { tryFileLock } from ${JSON.stringify(new URL('./file-lock.ts', import.meta.url).href)};
      console.log(tryFileLock(${JSON.stringify(path)}) ? 'held' : 'refused'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said = await new Promise<string>((done) =>
      child.stdout.once('data', (data: Buffer) => done(data.toString().trim())),
    );
    expect(said).toBe('held');
    expect(tryFileLock(path)).toBeUndefined();
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await ended;
    const lock = tryFileLock(path);
    expect(lock).toBeDefined();
    lock?.release();
  });
});
