import { execFile, execFileSync, fork, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { IndexStatus } from '@nootropic/contracts';
import { layOutHostileTree, type HostileTree } from './hostile-tree.ts';
import { workspaceRoot } from './workspace-root.ts';

/** What came of a run of the gate. It holds when `run` equals `asked` and there are no faults. */
export interface HostileTreeResult {
  readonly asked: number;
  /** Files of the crowded folder that are accounted for. */
  readonly run: number;
  readonly faults: readonly string[];
  /** The most that all processes held in memory at one time, in mebibytes; pages that they share are counted for each. */
  readonly peakMebibytes: number;
  /** Seconds of the first run. */
  readonly seconds: number;
  readonly files: number;
  readonly skipped: number;
}

/** Mebibytes that all processes together may hold, twice what 100 000 files took on two cores. */
const mostMebibytes = 1_500;
const secret = 'OUTSIDE_SECRET_WALRUS';
/** Files named in the status at most. */
const mostNamed = 10_000;
const deep = 10_000;
const command = join(workspaceRoot, 'apps/cli/src/main.ts');
const run = promisify(execFile);

interface Place {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Indexes a tree of hostile files with `crowd` files in one folder by the real program, then once more while the tree changes under its hands. */
export async function runHostileTreeGate(crowd: number): Promise<HostileTreeResult> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'nootropic-tree-')));
  const place: Place = {
    root: join(base, 'tree'),
    env: { ...process.env, HOME: base, NOOTROPIC_HOME: join(base, 'home') },
  };
  mkdirSync(place.root);
  const faults: string[] = [];
  try {
    await using tree = await layOutHostileTree({ root: place.root, crowd, deep });
    const start = performance.now();
    const peakMebibytes = await indexTree(place, faults);
    const seconds = (performance.now() - start) / 1000;
    const status = await statusOf(place);
    const accounted = accountFor(tree, status, faults);
    for (const name of ['plainWalrus', 'latinWalrus', 'wideWalrus']) {
      if (!(await search(place, name)).includes(name)) faults.push(`${name} is not found`);
    }
    if (peakMebibytes > mostMebibytes) faults.push(`all processes held ${peakMebibytes} MiB, above ${mostMebibytes}`);
    await indexWhileItChanges(place, base, faults);
    return {
      asked: crowd,
      run: Math.max(0, crowd - Math.abs(tree.entries - accounted)),
      faults,
      peakMebibytes,
      seconds,
      files: status.files,
      skipped: accounted - status.files,
    };
  } finally {
    // Paths that are longer than a call takes are removed by going down.
    execFileSync('rm', ['-rf', base]);
  }
}

/** One run of `index --json`. Gives the most memory that all its processes held. */
async function indexTree({ root, env }: Place, faults: string[]): Promise<number> {
  const child = spawn(process.execPath, [command, 'index', '--json', '--cwd', root], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let last = '';
  let said = '';
  let bytes = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    bytes += text.length;
    const whole = last + text;
    const lines = whole.split('\n');
    last = lines.at(-1) === '' && lines.length > 1 ? `${lines.at(-2) ?? ''}\n` : (lines.at(-1) ?? '');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-2000)));
  let peak = 0;
  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    looking ??= residentMebibytes(child.pid ?? 0)
      .then((now) => void (peak = Math.max(peak, now)))
      .catch(() => undefined)
      .finally(() => (looking = undefined));
  }, 250);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(timer);
  await looking;
  if (code !== 0) faults.push(`index ended with ${String(code)}: ${said}`);
  else if (!last.includes('"phase":"done"')) faults.push('index did not report its end');
  // Every report that named every file left out would make the output grow with their square.
  if (bytes > 100_000_000) faults.push(`index wrote ${bytes} characters`);
  return Math.round(peak);
}

/** Mebibytes that a process and all below it hold. */
async function residentMebibytes(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,rss=']);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/u).map(Number) as [number, number, number]);
  const wanted = [pid];
  // Grows while it is read.
  for (const each of wanted) wanted.push(...rows.filter(([, parent]) => parent === each).map(([child]) => child));
  return rows.filter(([each]) => wanted.includes(each)).reduce((sum, [, , kibibytes]) => sum + kibibytes / 1024, 0);
}

async function statusOf({ root, env }: Place): Promise<IndexStatus> {
  const argv = [command, 'index', 'status', '--skipped', '--json', '--cwd', root];
  const { stdout } = await run(process.execPath, argv, { env, maxBuffer: 2 ** 28 });
  return JSON.parse(stdout) as IndexStatus;
}

async function search({ root, env }: Place, query: string): Promise<string> {
  return (await run(process.execPath, [command, 'search', query, '--json', '--cwd', root], { env, maxBuffer: 2 ** 26 }))
    .stdout;
}

/** Says of a file of rules that some do not apply; the file itself is indexed all the same. */
const aboutRules = 'a pattern has too many stars to be applied';

/** Counts what is indexed or listed with a reason, and notes what is said otherwise than it must be. */
function accountFor(tree: HostileTree, status: IndexStatus, faults: string[]): number {
  const skipped = status.skipped
    .filter(({ reason }) => reason !== aboutRules)
    .reduce((sum, { count }) => sum + count, 0);
  const accounted = status.files + skipped;
  if (accounted !== tree.entries) faults.push(`${accounted} of ${tree.entries} are accounted for`);
  const named = new Map(status.skippedFiles.map(({ path, reason }) => [path, reason]));
  const all = status.skipped.reduce((sum, { count }) => sum + count, 0);
  if (status.skippedFiles.length !== Math.min(all, mostNamed))
    faults.push(`${status.skippedFiles.length} of ${all} files left out are named`);
  for (const [path, reason] of Object.entries(tree.expected)) {
    if ((named.get(path) ?? '') !== reason && (all <= mostNamed || named.has(path) || reason === ''))
      faults.push(`of ${JSON.stringify(path.slice(0, 80))} is said "${named.get(path) ?? ''}", not "${reason}"`);
  }
  return accounted;
}

/** A run during which files are swapped for links, grow and vanish. It ends well, and nothing outside gets into the index. */
async function indexWhileItChanges(place: Place, base: string, faults: string[]): Promise<void> {
  const outside = join(base, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret.ts'), `export const ${secret} = '${secret}';\n`);
  const churn = fork(new URL('./hostile-tree-churn.ts', import.meta.url), [place.root, outside], { stdio: 'ignore' });
  try {
    await new Promise((resolve) => churn.once('message', resolve));
    for (let time = 0; time < 5; time += 1) {
      await indexTree(place, faults);
      if ((await search(place, secret)).includes(`= '${secret}'`)) faults.push('a file outside is in the index');
    }
  } finally {
    const ended = new Promise((resolve) => churn.once('exit', resolve));
    churn.kill('SIGKILL');
    await ended;
  }
}
