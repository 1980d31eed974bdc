import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '@nootropic/sqlite';
import { describeUsageLogContract } from '@nootropic/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { createSqliteUsageLog } from './index.ts';

const root = mkdtempSync(join(tmpdir(), 'nootropic-usage-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let counter = 0;
const freshPath = () => join(root, `${(counter += 1)}`, 'usage.db');

describeUsageLogContract('createSqliteUsageLog', () => createSqliteUsageLog({ path: freshPath() }));

describe('createSqliteUsageLog', () => {
  const record = {
    time: 1,
    model: 'm',
    client: 'c',
    tokensRead: 1,
    tokensReused: 0,
    tokensWritten: 0,
    cost: 0.1,
    local: false,
  };

  it('keeps everything over a reopening, and is opened again after its end', async () => {
    const path = freshPath();
    const log = createSqliteUsageLog({ path });
    await log.add(record);
    await log[Symbol.asyncDispose]();
    await log[Symbol.asyncDispose]();
    const again = createSqliteUsageLog({ path });
    expect(await again.sum()).toMatchObject([{ calls: 1, cost: 0.1, local: false }]);
    await again[Symbol.asyncDispose]();
  });

  it('takes two logs on one file', async () => {
    const path = freshPath();
    const [one, two] = [createSqliteUsageLog({ path }), createSqliteUsageLog({ path })];
    for (let call = 0; call < 20; call += 1) await Promise.all([one.add(record), two.add(record)]);
    expect((await one.sum())[0]?.calls).toBe(40);
    await one[Symbol.asyncDispose]();
    await two[Symbol.asyncDispose]();
  });

  it.runIf(process.platform !== 'win32')('lets no one else read', async () => {
    const path = freshPath();
    const log = createSqliteUsageLog({ path });
    await log.add(record);
    expect(statSync(path).mode & 0o077).toBe(0);
    await log[Symbol.asyncDispose]();
  });

  it('makes nothing before it is used, and says what is wrong with a file that it cannot use', async () => {
    const path = freshPath();
    const log = createSqliteUsageLog({ path });
    expect(() => statSync(path)).toThrow(/ENOENT/);
    openDatabase({ path, migrations: ['', '', ''], durability: 'normal' }).close();
    await expect(log.add(record)).rejects.toMatchObject({ code: 'STORE_NEWER' });
    await log[Symbol.asyncDispose]();
  });

  it('loses nothing that was acknowledged when its process is killed', async () => {
    for (let kill = 0; kill < 3; kill += 1) {
      const path = freshPath();
      const child = spawn(process.execPath, [fileURLToPath(new URL('./usage-kill-child.ts', import.meta.url)), path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = new Promise<NodeJS.Signals | null>((done) => child.once('close', (_, signal) => done(signal)));
      let acknowledged = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged = Number(line);
        if (acknowledged === 10 + kill * 7) child.kill('SIGKILL');
      }
      expect(await ended).toBe('SIGKILL');
      const log = createSqliteUsageLog({ path });
      const [row] = await log.sum();
      expect(row?.calls).toBeGreaterThanOrEqual(acknowledged);
      expect(row?.tokensRead).toBe(row?.calls);
      await log[Symbol.asyncDispose]();
    }
  });
});
