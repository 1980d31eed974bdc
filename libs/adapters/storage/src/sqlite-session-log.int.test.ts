import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { NootropicError, type TurnEvent } from '@nootropic/contracts';
import { checkIntegrity, openDatabase } from '@nootropic/sqlite';
import { describeSessionLogContract } from '@nootropic/testing';
import { createSqliteSessionLog, runSessionKillGate } from './index.ts';
import { openSessionDatabase, sessionLogOn, sessionMigrations } from './sqlite-session-log.ts';

const root = mkdtempSync(join(tmpdir(), 'nootropic-storage-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let counter = 0;
const freshPath = () => join(root, `${(counter += 1)}`, 'data', 'sessions.sqlite');

const delta = (sessionId: string, seq: number, text = 'x'): TurnEvent => ({
  seq,
  sessionId,
  turnId: 't',
  time: 1,
  type: 'text-delta',
  text,
});
const codeOf = (action: Promise<unknown>) =>
  action.then(
    () => 'resolved',
    (error: unknown) => (NootropicError.is(error) ? error.code : String(error)),
  );

describeSessionLogContract('createSqliteSessionLog', (now) => createSqliteSessionLog({ path: freshPath(), now }));

describe('createSqliteSessionLog', () => {
  it('keeps everything over a reopening', async () => {
    const path = freshPath();
    const log = createSqliteSessionLog({ path });
    await log.create({ id: 'a', workspace: '/w', title: 'q', createdAt: 1 });
    await log.append('a', [delta('a', 1)]);
    const before = await log.list();
    await log[Symbol.asyncDispose]();
    const again = createSqliteSessionLog({ path });
    expect(await again.list()).toEqual(before);
    expect(await again.read('a')).toEqual([delta('a', 1)]);
    await again[Symbol.asyncDispose]();
  });

  it.runIf(process.platform !== 'win32')('lets no one else read: folder 0700, files 0600', async () => {
    const path = freshPath();
    const before = process.umask(0);
    const log = createSqliteSessionLog({ path });
    await log.create({ id: 'a', workspace: '/w', title: 'q', createdAt: 1 });
    process.umask(before);
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
    for (const end of ['', '-wal', '-shm']) expect(statSync(path + end).mode & 0o777).toBe(0o600);
    await log[Symbol.asyncDispose]();
  });

  it('writes through to the disk before it acknowledges', () => {
    const db = openSessionDatabase(freshPath());
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    db.close();
  });

  it('refuses the file of a newer version, names it, and leaves it as it was', async () => {
    const path = freshPath();
    await createSqliteSessionLog({ path })[Symbol.asyncDispose]();
    const db = openDatabase({ path, migrations: ['', '', '', 'CREATE TABLE newer (x)'], durability: 'full' });
    db.close();
    const bytes = readFileSync(path);
    expect(() => createSqliteSessionLog({ path })).toThrow(
      expect.objectContaining({ code: 'STORE_NEWER', message: expect.stringContaining(path) as string }),
    );
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it('overwrites what is removed', async () => {
    const path = freshPath();
    const log = createSqliteSessionLog({ path });
    await log.create({ id: 'a', workspace: '/w', title: 'q', createdAt: 1 });
    await log.append('a', [delta('a', 1, 'the-private-words '.repeat(1000))]);
    await log.change('a', 'removed');
    await log[Symbol.asyncDispose]();
    expect(readFileSync(path).includes('the-private-words')).toBe(false);
  });

  it('overwrites also what was kept of it for searching, and keeps no secret there', async () => {
    const path = freshPath();
    const log = createSqliteSessionLog({ path, redact: (text) => text.replaceAll('hunter2', '[redacted]') });
    await log.create({ id: 'a', workspace: '/w', title: 'q', createdAt: 1 });
    const start = { seq: 1, sessionId: 'a', turnId: 't', time: 1, type: 'turn-start', agent: 'a', workspace: '/w' };
    await log.append('a', [{ ...start, text: 'privatewords hunter2 '.repeat(200) } as TurnEvent]);
    expect(await log.list({ query: 'privatewords' })).toHaveLength(1);
    expect(await log.list({ query: 'hunter2' })).toEqual([]);
    await log.change('a', 'removed');
    await log[Symbol.asyncDispose]();
    expect(readFileSync(path).includes('privatewords')).toBe(false);
  });

  it('opens a database of before there was a search, and finds what is in it', async () => {
    const path = freshPath();
    const old = openDatabase({ path, migrations: sessionMigrations.slice(0, 1), durability: 'full' });
    old.exec(`INSERT INTO sessions (id, title, workspace, created_at, updated_at, touched, last_seq)
      VALUES ('old', 'where is it?', '/w', 1, 2, 1, 2), ('empty', 'nothing yet', '/w', 1, 2, 2, 0)`);
    const insert = old.prepare('INSERT INTO events VALUES (1, ?, ?)');
    const base = { sessionId: 'old', turnId: 't', time: 1 };
    const events = [
      { ...base, seq: 1, type: 'turn-start', text: 'where is it?', agent: 'answer', workspace: '/w' },
      { ...base, seq: 2, type: 'turn-end', reason: 'done', text: 'In the cellar.', citations: [] },
    ];
    for (const event of events) insert.run(event.seq, JSON.stringify(event));
    old.close();
    const log = createSqliteSessionLog({ path });
    expect(await log.read('old')).toEqual(events);
    expect(await log.list({ query: 'cellar' })).toMatchObject([{ id: 'old', found: { turnId: 't' } }]);
    expect((await log.list({ query: 'where' })).map(({ found }) => found?.turnId)).toEqual(['t']);
    expect((await log.list({ query: 'yet' })).map(({ id }) => id)).toEqual(['empty']);
    await log[Symbol.asyncDispose]();
  });

  it('takes in many sessions at once for the first search', async () => {
    const log = createSqliteSessionLog({ path: freshPath() });
    for (let at = 0; at < 65; at += 1)
      await log.create({ id: `s${at}`, workspace: '/w', title: `title ${at}`, createdAt: 1 });
    expect(await log.list({ query: 'title', limit: 200 })).toHaveLength(65);
    await log[Symbol.asyncDispose]();
  });

  it('on a full disk says DISK_FULL, keeps nothing of the call, and works again when there is room', async () => {
    const path = freshPath();
    const db = openSessionDatabase(path);
    const log = sessionLogOn(db, { path, now: Date.now });
    await log.create({ id: 'a', workspace: '/w', title: 'q', createdAt: 1 });
    await log.append('a', [delta('a', 1)]);
    db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 3}`);
    const large = [delta('a', 2), delta('a', 3, 'y'.repeat(100_000))];
    expect(await codeOf(log.append('a', large))).toBe('DISK_FULL');
    expect(await log.read('a')).toEqual([delta('a', 1)]);
    expect((await log.find('a')).events).toBe(1);
    expect(checkIntegrity(db)).toEqual([]);
    db.pragma('max_page_count = 100000');
    await log.append('a', large);
    expect(await log.read('a', 1)).toEqual(large);
    await log[Symbol.asyncDispose]();
  });

  it('takes two programs that append to different sessions at once', async () => {
    const path = freshPath();
    const script = `import { createSqliteSessionLog } from ${JSON.stringify(new URL('./sqlite-session-log.ts', import.meta.url).href)};
      const id = process.argv[1];
      const log = createSqliteSessionLog({ path: ${JSON.stringify(path)} });
      await log.create({ id, workspace: '/', title: '', createdAt: 1 });
      for (let seq = 1; seq <= 100; seq++) await log.append(id, [{ seq, sessionId: id, turnId: 't', time: 1, type: 'text-delta', text: id }]);
      await log[Symbol.asyncDispose]();`;
    const exits = await Promise.all(
      ['one', 'two'].map(
        (id) =>
          new Promise<number | null>((done) => {
            spawn(process.execPath, ['--input-type=module-typescript', '-e', script, id], { stdio: 'inherit' }).once(
              'exit',
              done,
            );
          }),
      ),
    );
    expect(exits).toEqual([0, 0]);
    const log = createSqliteSessionLog({ path });
    for (const id of ['one', 'two']) {
      const events = await log.read(id);
      expect(events.map((event) => event.seq)).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
      expect(events.every((event) => event.sessionId === id)).toBe(true);
    }
    await log[Symbol.asyncDispose]();
  });

  it('loses nothing that was acknowledged when its process is killed', async () => {
    const report = await runSessionKillGate(5, 20_260_101);
    expect(report).toMatchObject({ asked: 5, run: 5, lost: 0, torn: 0, corrupt: 0 });
    expect(report.acknowledged).toBeGreaterThan(5);
  });
});
