import { spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Journal } from '@nootropic/contracts';
import { differences, gitLines, layOutTree, treeLines } from './journal-gate.ts';
import { openJournalDatabase } from './journal-schema.ts';
import { createLocalJournal } from './local-journal.ts';
import { seeded } from './path-gate.ts';

/** What came of a run. It holds when `run` equals `asked`, `failed` is 0 and `brokenOff` is above 0. */
export interface UndoKillGateResult {
  readonly asked: number;
  /** Processes killed. */
  readonly run: number;
  readonly failed: number;
  /** Kills that left something half done, for the next program to end. */
  readonly brokenOff: number;
  readonly faults: readonly string[];
}

/** Kills that one folder and its journal have to bear before the next one is begun. */
const killsPerFolder = 10;

/**
 * Starts a process that writes, watches, undoes and redoes, kills it with SIGKILL at a moment drawn from the seed, and opens the journal again:
 * nothing may be left half written, all may be undone to the first tree, made again, and undone again. `count` times over.
 */
export async function runUndoKillGate(count: number, seed: number): Promise<UndoKillGateResult> {
  const pick = seeded(seed);
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'nootropic-undo-kill-')));
  const faults: string[] = [];
  let run = 0;
  let failed = 0;
  let brokenOff = 0;
  try {
    while (run < count && failed === 0) {
      const folder = join(base, `${run}`);
      const root = join(folder, 'ws');
      const dir = join(folder, 'journal');
      // Every other folder has no repository: none is needed.
      layOutTree(root, pick, (run / killsPerFolder) % 2 < 1);
      const first = treeLines(root);
      const git = gitLines(root);
      for (let left = Math.min(killsPerFolder, count - run); left > 0 && failed === 0; left -= 1) {
        await killSomewhere(root, dir, pick);
        run += 1;
        brokenOff += intentsIn(dir);
        const found = await inspect({ root, dir, first });
        found.push(...differences(git, gitLines(root)).map((line) => `.git: ${line}`));
        if (found.length > 0) failed += 1;
        faults.push(...found.slice(0, 5).map((line) => `kill ${run}: ${line}`));
      }
      rmSync(folder, { recursive: true, force: true });
    }
    return { asked: count, run, failed, brokenOff, faults };
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

async function killSomewhere(root: string, dir: string, pick: (below: number) => number): Promise<void> {
  const entry = fileURLToPath(new URL('./journal-kill-child.ts', import.meta.url));
  const child = spawn(process.execPath, [entry, root, dir, `${pick(1_000_000)}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const complaints: Buffer[] = [];
  child.stderr.on('data', (data: Buffer) => complaints.push(data));
  const ended = new Promise<NodeJS.Signals | null>((done) => child.once('close', (_, signal) => done(signal)));
  const lines = 1 + pick(25);
  const waitMs = pick(120) / 10;
  let seen = 0;
  createInterface({ input: child.stdout }).on('line', () => {
    seen += 1;
    if (seen === lines) setTimeout(() => child.kill('SIGKILL'), waitMs);
  });
  if ((await ended) !== 'SIGKILL')
    throw new Error(`The process ended by itself: ${Buffer.concat(complaints).toString()}`);
}

function intentsIn(dir: string): number {
  try {
    const db = openJournalDatabase(join(dir, 'journal.db'));
    const found = Number(db.prepare('SELECT count(*) FROM intents').pluck().get());
    db.close();
    return found;
  } catch {
    return 0;
  }
}

async function inspect({
  root,
  dir,
  first,
}: {
  root: string;
  dir: string;
  first: ReadonlyMap<string, string>;
}): Promise<string[]> {
  const faults: string[] = [];
  const journal = await createLocalJournal({ root, dir });
  try {
    if (intentsIn(dir) > 0) faults.push('Something half done is left.');
    for (const path of treeLines(root).keys()) if (path.includes('.nootropic-')) faults.push(`${path} is left.`);
    const changed = treeLines(root);
    const done = (await journal.list()).filter(({ state }) => state === 'done');
    faults.push(...(await all(journal, 'undo', done.length)));
    faults.push(...differences(first, treeLines(root)).map((line) => `undone: ${line}`));
    faults.push(...(await all(journal, 'redo', done.length)));
    faults.push(...differences(changed, treeLines(root)).map((line) => `made again: ${line}`));
    faults.push(...(await all(journal, 'undo', done.length)));
    faults.push(...differences(first, treeLines(root)).map((line) => `undone again: ${line}`));
  } finally {
    await journal[Symbol.asyncDispose]();
  }
  return faults;
}

async function all(journal: Journal, way: 'undo' | 'redo', times: number): Promise<string[]> {
  const faults: string[] = [];
  for (let left = times; left > 0 && faults.length === 0; left -= 1) {
    const { conflicts, lost } = await journal[way]();
    faults.push(
      ...conflicts.map(({ path, reason }) => `${way}: ${path}: ${reason}`),
      ...lost.map((path) => `lost ${path}`),
    );
  }
  return faults;
}
