import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '@nootropic/sqlite';
import { describeAuditLogContract, describeEgressLedgerContract } from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runAuditGate, runAuditKillGate } from './audit-gate.ts';
import { createSqliteAuditLog } from './sqlite-audit-log.ts';
import { createSqliteEgressLedger } from './sqlite-egress-ledger.ts';

let dir = '';
let made = 0;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nootropic-ledger-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
});
const next = (): string => join(dir, `${(made += 1)}.db`);

describeEgressLedgerContract('sqlite', async () => createSqliteEgressLedger({ path: next() }));
describeAuditLogContract('sqlite', async () => {
  const path = next();
  return createSqliteAuditLog({ path, anchor: `${path}.anchor` });
});

const left = {
  time: 1,
  host: 'h',
  cause: 'command',
  program: 'command',
  sent: 1,
  received: 1,
  refused: false,
} as const;

describe('the egress ledger', () => {
  it('makes no file until something leaves', async () => {
    await using ledger = createSqliteEgressLedger({ path: join(dir, 'egress.db') });
    expect(await readdir(dir)).toEqual([]);
    ledger.record(left);
    expect(await readdir(dir)).toContain('egress.db');
    if (process.platform !== 'win32') expect((await stat(join(dir, 'egress.db'))).mode & 0o777).toBe(0o600);
  });

  it('loses nothing when its process is killed', async () => {
    const path = join(dir, 'egress.db');
    const child = spawn(process.execPath, [fileURLToPath(new URL('egress-kill-child.ts', import.meta.url)), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Uint8Array) => {
      said += new TextDecoder().decode(chunk);
      if (said.split('\n').length > 30) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const acknowledged = Number(said.trimEnd().split('\n').at(-1));
    await using ledger = createSqliteEgressLedger({ path });
    const [row] = await ledger.sum(0);
    expect(acknowledged).toBeGreaterThan(20);
    expect(row?.connections).toBeGreaterThanOrEqual(acknowledged);
  });

  it('does not wait for another program that writes, and writes when that has ended', async () => {
    const path = join(dir, 'egress.db');
    await using ledger = createSqliteEgressLedger({ path });
    ledger.record(left);
    const other = openDatabase({ path, migrations: ['', ''].slice(1), durability: 'normal' });
    other.exec('BEGIN IMMEDIATE');
    for (let n = 0; n < 100; n += 1) ledger.record(left);
    other.exec('COMMIT');
    other.close();
    expect(await ledger.sum(0)).toMatchObject([{ connections: 101 }]);
  });

  it('says once why it cannot write, and throws nothing', async () => {
    await writeFile(join(dir, 'file'), 'no folder');
    const said: number[] = [];
    const ledger = createSqliteEgressLedger({
      path: join(dir, 'file', 'egress.db'),
      onFailure: (_why, entries) => said.push(entries),
    });
    for (let n = 0; n < 3; n += 1) ledger.record(left);
    expect(said).toEqual([1]);
    await expect(ledger.sum(0)).rejects.toThrow();
    await ledger[Symbol.asyncDispose]();
  });
});

describe('the audit log', () => {
  it('finds every row of 200 that was changed, deleted, moved, added or cut off', async () => {
    const { asked, run, missed, examples } = await runAuditGate(200, 1);
    expect({ missed, examples }).toEqual({ missed: 0, examples: [] });
    expect(run).toBe(asked);
  });

  it('keeps what it acknowledged, and stays sound, when it is killed', async () => {
    const { run, lost, unsound } = await runAuditKillGate(4, 2);
    expect({ run, lost, unsound }).toEqual({ run: 4, lost: 0, unsound: 0 });
  });

  it('misses a log that was deleted, an anchor that was deleted, and an anchor that was changed', async () => {
    const path = join(dir, 'audit.db');
    const anchor = join(dir, 'audit.anchor');
    const fill = async (): Promise<void> => {
      await using log = createSqliteAuditLog({ path, anchor });
      for (let n = 0; n < 3; n += 1) await log.append({ time: n, actor: 'local', action: 'run', detail: {} });
    };
    const verify = async () => {
      await using log = createSqliteAuditLog({ path, anchor });
      return log.verify();
    };
    await fill();
    const good = await readFile(anchor, 'utf8');
    expect(JSON.parse(good)).toMatchObject({ seq: 3 });
    await rm(anchor);
    expect(await verify()).toMatchObject({ ok: false, anchor: 'missing', fault: { seq: 3 } });
    await writeFile(anchor, good.replace(/[0-9a-f]{64}/u, '0'.repeat(64)));
    expect(await verify()).toMatchObject({ ok: false, anchor: 'differs' });
    await writeFile(anchor, 'nonsense');
    expect(await verify()).toMatchObject({ ok: false, anchor: 'differs' });
    await writeFile(anchor, good);
    expect(await verify()).toEqual({ ok: true, entries: 3, anchor: 'matches' });
    for (const name of await readdir(dir)) if (name.startsWith('audit.db')) await rm(join(dir, name));
    expect(await verify()).toMatchObject({ ok: false, entries: 0, anchor: 'differs', fault: { seq: 1 } });
  });

  it('writes no secret, whatever name or form it has', async () => {
    const path = join(dir, 'audit.db');
    await using log = createSqliteAuditLog({ path, anchor: join(dir, 'audit.anchor') });
    const key = ['ghp', 'a1B2'.repeat(9)].join('_');
    const detail = { line: `curl -H "Authorization: Bearer ${key}" x`, token: 'hunter2' };
    await log.append({ time: 1, actor: key, action: 'run', detail });
    const [entry] = await log.list(1);
    expect(JSON.stringify(entry)).not.toMatch(/a1B2|hunter2/u);
    expect(entry?.detail['token']).toBe('[redacted]');
    expect((await log.verify()).ok).toBe(true);
  });

  it('can be written by two programs at once', async () => {
    const path = join(dir, 'audit.db');
    await using one = createSqliteAuditLog({ path, anchor: join(dir, 'audit.anchor') });
    await using two = createSqliteAuditLog({ path, anchor: join(dir, 'audit.anchor') });
    for (let n = 0; n < 20; n += 1)
      await (n % 2 === 0 ? one : two).append({ time: n, actor: 'local', action: 'run', detail: { n } });
    expect(await one.verify()).toEqual({ ok: true, entries: 20, anchor: 'matches' });
  });
});
