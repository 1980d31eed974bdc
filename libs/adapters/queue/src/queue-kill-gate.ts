import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Job } from '@nootropic/contracts';
import { checkIntegrity, openDatabase } from '@nootropic/sqlite';
import { createSqliteQueue, queueMigrations } from './sqlite-queue.ts';

/** What came of a run. It holds when `run` equals `asked`, `failed` is 0 and `brokenOff` is above 0. */
export interface QueueKillGateResult {
  readonly asked: number;
  /** Processes killed. */
  readonly run: number;
  readonly failed: number;
  /** Runs that were cut off by a kill, and after which the job was run again. */
  readonly brokenOff: number;
  readonly jobs: number;
  readonly faults: readonly string[];
}

/** Kills that one queue has to bear before the next one is begun. */
const killsPerQueue = 10;
const roles = ['adder', 'worker', 'worker'] as const;

/** All that the children of one queue said, in the order in which it came. */
interface Said {
  readonly added: Set<string>;
  /** The runs of each job. */
  readonly worked: Map<string, number[]>;
  readonly ended: Map<string, number[]>;
  readonly failures: Map<string, number[]>;
  readonly faults: string[];
}

/**
 * Lets one process add jobs and two work on them, and kills one of the three with SIGKILL at a moment drawn from the seed, `count` times over. In the
 * end every job that was acknowledged must be done, each run of it counted and given to one worker, and nothing done after its end was written down.
 */
export async function runQueueKillGate(count: number, seed: number): Promise<QueueKillGateResult> {
  const pick = seeded(seed);
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'nootropic-queue-kill-')));
  const faults: string[] = [];
  let [run, failed, brokenOff, jobs] = [0, 0, 0, 0];
  try {
    while (run < count && failed === 0) {
      const path = join(base, String(run), 'jobs.db');
      const kills = Math.min(killsPerQueue, count - run);
      const said = await killSome(path, kills, pick);
      run += kills;
      const found = await inspect(path, said);
      jobs += found.jobs.length;
      brokenOff += found.brokenOff;
      if (found.faults.length > 0) failed += 1;
      faults.push(...found.faults.slice(0, 5));
    }
    return { asked: count, run, failed, brokenOff, jobs, faults };
  } finally {
    rmSync(base, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function killSome(path: string, kills: number, pick: (below: number) => number): Promise<Said> {
  const said: Said = { added: new Set(), worked: new Map(), ended: new Map(), failures: new Map(), faults: [] };
  const children = roles.map((role) => start(role, path, said));
  for (let kill = 0; kill < kills; kill += 1) {
    const victim = pick(children.length);
    const child = children[victim];
    await child?.spoke(1 + pick(30));
    await new Promise((done) => setTimeout(done, pick(120) / 10));
    await child?.kill();
    const role = roles[victim];
    if (kill + 1 < kills && role) children[victim] = start(role, path, said);
  }
  await Promise.all(children.map((child) => child.kill()));
  return said;
}

interface Child {
  /** Waits until it said so many lines. */
  spoke(lines: number): Promise<void>;
  kill(): Promise<void>;
}

function start(role: string, path: string, said: Said): Child {
  const entry = fileURLToPath(new URL('./queue-kill-child.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [entry, role, path], { stdio: ['ignore', 'pipe', 'pipe'] });
  const complaints: Buffer[] = [];
  child.stderr?.on('data', (data: Buffer) => complaints.push(data));
  let lines = 0;
  let wake = (): void => {};
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  child.once('exit', (code, signal) => {
    if (signal !== 'SIGKILL')
      said.faults.push(`The ${role} ended by itself with ${String(code)}: ${Buffer.concat(complaints).toString()}`);
    wake();
  });
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines += 1;
      hear(said, line);
      wake();
    });
  return {
    async spoke(wanted) {
      // A worker that finds nothing to do says nothing: then it is killed idle.
      const idle = new Promise<void>((done) => setTimeout(done, 1500));
      let isIdle = false;
      void idle.then(() => (isIdle = true));
      while (lines < wanted && !isIdle && child.exitCode === null)
        await Promise.race([idle, ended, new Promise<void>((resolve) => (wake = resolve))]);
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function hear({ added, worked, ended, failures, faults }: Said, line: string): void {
  const [id = '', run = ''] = line.slice(1).split(' ');
  if (line.startsWith('+')) {
    added.add(id);
    return;
  }
  if (line.startsWith('-')) faults.push(`Run ${run} of ${id} was taken away from a worker that held it.`);
  const runs = { '=': ended, '~': failures, '!': worked }[line[0] ?? ''];
  if (runs?.get(id)?.includes(Number(run))) faults.push(`Run ${run} of ${id} was given to two.`);
  runs?.set(id, [...(runs.get(id) ?? []), Number(run)]);
}

interface Found {
  readonly jobs: readonly Job[];
  readonly brokenOff: number;
  readonly faults: readonly string[];
}

async function inspect(path: string, said: Said): Promise<Found> {
  const { faults } = said;
  // The leases of those that were killed are over.
  const queue = createSqliteQueue({ path, now: () => Date.now() + 60_000 });
  for (let claimed = await queue.claim({}); claimed; claimed = await queue.claim({})) {
    const run = `${claimed.job.id} ${String(claimed.job.attempts)}`;
    hear(said, `!${run}`);
    await queue.settle(claimed, { ok: true, result: 'at last' });
    hear(said, `=${run}`);
  }
  const jobs = await queue.list();
  await queue[Symbol.asyncDispose]();
  const known = new Set(jobs.map(({ id }) => id));
  for (const id of said.added) if (!known.has(id)) faults.push(`${id} was acknowledged and is lost.`);
  let brokenOff = 0;
  for (const { id, state, attempts } of jobs) {
    const runs = said.worked.get(id) ?? [];
    const ends = said.ended.get(id) ?? [];
    const last = Math.max(0, ...runs);
    if (state !== 'done') faults.push(`${id} is stuck: ${state}.`);
    if (runs.length === 0) faults.push(`${id} is done, and nobody did it.`);
    if (last > attempts) faults.push(`Run ${String(last)} of ${id} is not counted.`);
    if (ends.length > 1 || ends.some((end) => end < last)) faults.push(`${id} was run again after its end.`);
    brokenOff += Math.max(0, attempts - 1 - (said.failures.get(id)?.length ?? 0));
  }
  const db = openDatabase({ path, migrations: queueMigrations, durability: 'normal', readonly: true });
  faults.push(...checkIntegrity(db));
  db.close();
  return { jobs, brokenOff, faults };
}

/** The same numbers for the same seed (mulberry32, https://github.com/bryc/code/blob/master/jshash/PRNGs.md). */
function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}
