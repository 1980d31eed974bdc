import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { NootropicError } from '@nootropic/contracts';
import { checkIntegrity } from '@nootropic/sqlite';
import { openSessionDatabase, sessionLogOn } from './sqlite-session-log.ts';

export interface SessionKillReport {
  readonly seed: number;
  /** Kills asked for, and kills made. The gate holds only when both are the same. */
  readonly asked: number;
  readonly run: number;
  /** Events that the killed processes had acknowledged. */
  readonly acknowledged: number;
  /** Acknowledged events that were not there afterwards, or not as they were written. Must be 0. */
  readonly lost: number;
  /** Batches that were there in part. Must be 0. */
  readonly torn: number;
  /** Databases that failed `PRAGMA integrity_check` or could not be opened. Must be 0. */
  readonly corrupt: number;
}

/** Kills that one database file has to bear before the next one is begun. */
const killsPerFile = 20;

/**
 * Starts a process that appends to a session log, kills it with SIGKILL at a moment drawn from the seed, opens the log again
 * and compares it with what the process had acknowledged; `count` times over.
 * The kill comes after a drawn number of acknowledgements and a drawn wait, so it lands inside appends as well as between them.
 */
export async function runSessionKillGate(count: number, seed: number): Promise<SessionKillReport> {
  const random = seededRandom(seed);
  const report = { seed, asked: count, run: 0, acknowledged: 0, lost: 0, torn: 0, corrupt: 0 };
  const root = mkdtempSync(join(tmpdir(), 'nootropic-kill-'));
  try {
    for (let kill = 0; kill < count; kill += 1) {
      const path = join(root, `${Math.floor(kill / killsPerFile)}`, 'sessions.sqlite');
      const sessionId = `session-${kill}`;
      const acknowledged = await appendUntilKilled(path, sessionId, random);
      report.run += 1;
      report.acknowledged += acknowledged;
      const found = await inspect(path, sessionId, acknowledged);
      report.lost += found.lost;
      report.torn += found.torn;
      report.corrupt += found.corrupt;
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  return report;
}

/** Gives the last `seq` that the process acknowledged before it was killed. */
async function appendUntilKilled(path: string, sessionId: string, random: () => number): Promise<number> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./session-kill-child.ts', import.meta.url)), path, sessionId],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const complaints: Buffer[] = [];
  child.stderr.on('data', (data: Buffer) => complaints.push(data));
  const ended = new Promise<NodeJS.Signals | null>((done) => child.once('close', (_, signal) => done(signal)));
  const acksBeforeKill = 1 + Math.floor(random() * 60);
  const waitMs = random() * 8;
  let acks = 0;
  let last = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    acks += 1;
    if (acks === acksBeforeKill) setTimeout(() => child.kill('SIGKILL'), waitMs);
  }
  if ((await ended) !== 'SIGKILL') {
    throw new Error(`The process ended by itself: ${Buffer.concat(complaints).toString()}`);
  }
  return last;
}

async function inspect(path: string, sessionId: string, acknowledged: number) {
  const found = { lost: 0, torn: 0, corrupt: 0 };
  try {
    const db = openSessionDatabase(path);
    if (checkIntegrity(db).length > 0) found.corrupt += 1;
    const log = sessionLogOn(db, { path, now: Date.now });
    const texts = (await log.read(sessionId)).map((event) => ('text' in event ? String(event.text) : ''));
    await log[Symbol.asyncDispose]();
    for (let seq = 1; seq <= acknowledged; seq += 1) {
      if (texts[seq - 1]?.startsWith(`${seq}/`) !== true) found.lost += 1;
    }
    const lastOfBatch = `${texts.length}/${texts.length} `;
    if (texts.length > 0 && texts.at(-1)?.startsWith(lastOfBatch) !== true) found.torn += 1;
  } catch (error) {
    if (!NootropicError.is(error) || error.code !== 'STORE_CORRUPT') throw error;
    found.corrupt += 1;
  }
  return found;
}

/** mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
