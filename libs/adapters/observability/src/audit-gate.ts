import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase, type Database } from '@nootropic/sqlite';
import { createSqliteAuditLog } from './sqlite-audit-log.ts';

/** What came of a run of the gate. It holds when `run` equals `asked` and `missed` is 0. */
export interface AuditGateResult {
  readonly asked: number;
  readonly run: number;
  /** Tampers that `verify` did not find. */
  readonly missed: number;
  readonly examples: readonly string[];
}

/** Each changes one row; a tamper that cannot be made of this row gives false. */
const tampers: Readonly<Record<string, (db: Database, seq: number, rows: number) => boolean>> = {
  'its time': (db, seq) => changed(db, `UPDATE audit SET time = time + 1 WHERE seq = ${seq}`),
  'its actor': (db, seq) => changed(db, `UPDATE audit SET actor = actor || '2' WHERE seq = ${seq}`),
  'its action': (db, seq) => changed(db, `UPDATE audit SET action = 'deny' WHERE seq = ${seq}`),
  'its detail': (db, seq) => changed(db, `UPDATE audit SET detail = replace(detail, '"', ' "') WHERE seq = ${seq}`),
  'its hash': (db, seq) => changed(db, `UPDATE audit SET hash = upper(hash) WHERE seq = ${seq}`),
  'its number': (db, seq, rows) => changed(db, `UPDATE audit SET seq = ${rows + 1} WHERE seq = ${seq}`),
  deleted: (db, seq) => changed(db, `DELETE FROM audit WHERE seq = ${seq}`),
  'deleted and the rest moved up': (db, seq) => {
    db.exec(`DELETE FROM audit WHERE seq = ${seq}; UPDATE audit SET seq = -seq WHERE seq > ${seq};`);
    db.exec(`UPDATE audit SET seq = -seq - 1 WHERE seq < 0;`);
    return true;
  },
  'changed places with the next': (db, seq, rows) => {
    if (seq === rows) return false;
    db.exec(`UPDATE audit SET seq = -1 WHERE seq = ${seq}; UPDATE audit SET seq = ${seq} WHERE seq = ${seq + 1};`);
    db.exec(`UPDATE audit SET seq = ${seq + 1} WHERE seq = -1;`);
    return true;
  },
  'a copy put after the last': (db, seq, rows) =>
    changed(
      db,
      `INSERT INTO audit SELECT ${rows + 1}, time, actor, action, detail, hash FROM audit WHERE seq = ${seq}`,
    ),
  'cut off with all that follow': (db, seq) => changed(db, `DELETE FROM audit WHERE seq >= ${seq}`),
};

function changed(db: Database, sql: string): boolean {
  return db.prepare(sql).run().changes > 0;
}

/** Writes a log of `count` rows, and for each row tries every tamper on a copy of it. */
export async function runAuditGate(count: number, seed: number): Promise<AuditGateResult> {
  const dir = await mkdtemp(join(tmpdir(), 'nootropic-audit-'));
  const path = join(dir, 'audit.db');
  const anchor = `${path}.anchor`;
  const examples: string[] = [];
  let run = 0;
  let missed = 0;
  try {
    {
      await using log = createSqliteAuditLog({ path, anchor });
      for (let n = 0; n < count; n += 1)
        await log.append({ time: seed + n, actor: 'local', action: 'run', detail: { line: `command ${n}`, n } });
    }
    const copy = join(dir, 'copy.db');
    await copyFile(path, copy);
    await copyFile(anchor, `${copy}.anchor`);
    const db = openDatabase({ path: copy, migrations: ['SELECT 1'], durability: 'normal' });
    db.exec('PRAGMA synchronous = OFF; CREATE TEMP TABLE as_written AS SELECT * FROM audit;');
    await using log = createSqliteAuditLog({ path: copy, anchor: `${copy}.anchor` });
    for (let seq = 1; seq <= count; seq += 1) {
      let found = (await log.verify()).ok;
      if (!found) examples.push(`row ${seq}: not as it was written before anything was done`);
      for (const [name, tamper] of Object.entries(tampers)) {
        const was = tamper(db, seq, count);
        const { ok } = await log.verify();
        db.exec('DELETE FROM audit; INSERT INTO audit SELECT * FROM as_written;');
        if (!was || !ok) continue;
        found = false;
        if (examples.length < 10) examples.push(`row ${seq}: ${name}`);
      }
      run += 1;
      if (!found) missed += 1;
    }
    db.close();
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
  return { asked: count, run, missed, examples };
}

export interface AuditKillGateResult {
  readonly asked: number;
  readonly run: number;
  /** Rows that were acknowledged and are not there. */
  readonly lost: number;
  /** Logs in which `verify` finds a fault, though nobody touched them. */
  readonly unsound: number;
}

/** Kills a process that appends, again and again on the same log, each time after some of its rows, by `seed`. */
export async function runAuditKillGate(count: number, seed: number): Promise<AuditKillGateResult> {
  const dir = await mkdtemp(join(tmpdir(), 'nootropic-audit-'));
  const path = join(dir, 'audit.db');
  let lost = 0;
  let unsound = 0;
  let run = 0;
  try {
    for (let round = 0; round < count; round += 1) {
      const after = 1 + ((seed * 7 + round * 13) % 23);
      const acknowledged = await killAfter(path, after);
      await using log = createSqliteAuditLog({ path, anchor: `${path}.anchor` });
      const { ok, entries } = await log.verify();
      run += 1;
      if (entries < acknowledged) lost += 1;
      if (!ok) unsound += 1;
    }
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
  return { asked: count, run, lost, unsound };
}

/** The number of the last row that the process had acknowledged. */
async function killAfter(path: string, rows: number): Promise<number> {
  const entry = fileURLToPath(new URL('audit-kill-child.ts', import.meta.url));
  const child = spawn(process.execPath, [entry, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Uint8Array) => {
    said += new TextDecoder().decode(chunk);
    if (said.split('\n').length > rows) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1));
}
