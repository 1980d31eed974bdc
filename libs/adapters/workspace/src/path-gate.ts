import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NootropicError, type Files } from '@nootropic/contracts';
import { createLocalFiles } from './local-files.ts';

/** What came of a run of the gate. It holds when `run` equals `asked`, `escaped` is 0, and both other counts are above 0. */
export interface PathGateResult {
  readonly asked: number;
  readonly run: number;
  /** Paths that reached anything outside the root. */
  readonly escaped: number;
  /** Paths refused with `PATH_OUTSIDE_ROOT`. */
  readonly refused: number;
  /** Paths that reached something inside, so that a gate which refuses everything does not hold either. */
  readonly reached: number;
  /** The first paths that escaped. */
  readonly examples: readonly string[];
}

const secret = 'OUTSIDE-SECRET';

/** Mulberry32: small, seeded, even enough to pick from a list. https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** A root among neighbours: a twin whose name begins the same, and links of every kind. */
function layOut(base: string): string {
  const root = join(base, 'ws');
  for (const folder of ['ws/src/deep', 'ws/docs', 'ws-evil/src', 'other'])
    mkdirSync(join(base, folder), { recursive: true });
  for (const file of ['ws/a.txt', 'ws/src/b.txt', 'ws/src/deep/c.txt', 'ws/docs/..d.txt'])
    writeFileSync(join(base, file), 'inside');
  for (const file of ['ws-evil/a.txt', 'ws-evil/src/b.txt', 'other/a.txt', 'secret.txt'])
    writeFileSync(join(base, file), secret);
  const links: Readonly<Record<string, string>> = {
    'ws/in': 'src',
    'ws/in-file': 'src/b.txt',
    'ws/in-absolute': join(root, 'src'),
    'ws/out': '../other',
    'ws/out-absolute': join(base, 'other'),
    'ws/out-file': '../secret.txt',
    'ws/out-twin': '../ws-evil',
    'ws/up': '..',
    'ws/src/up': '../..',
    'ws/src/deep/out': '../../../secret.txt',
    'ws/chain': 'out',
    'ws/chain-up': 'src/up',
    'ws/self': 'self',
    'ws/ping': 'pong',
    'ws/pong': 'ping',
    'ws/dangling': '../nowhere',
    'ws/hosts': '/etc/hosts',
    'ws/root': '/',
    'ws/here': '.',
    'other/back': '../ws',
  };
  for (const [link, target] of Object.entries(links)) symlinkSync(target, join(base, link));
  return root;
}

const names = [
  'a.txt',
  'b.txt',
  'c.txt',
  '..d.txt',
  'src',
  'deep',
  'docs',
  'in',
  'in-file',
  'in-absolute',
  'out',
  'out-absolute',
  'out-file',
  'out-twin',
  'up',
  'chain',
  'chain-up',
  'self',
  'ping',
  'dangling',
  'hosts',
  'root',
  'here',
  'back',
  'other',
  'ws',
  'ws-evil',
  'secret.txt',
  'etc',
  '..',
  '..',
  '..',
  '.',
  '',
  '...',
  '.. ',
  ' ..',
  '..\\..',
  '..\\secret.txt',
  '%2e%2e',
  '..%2f',
  '\u2025',
  '..\u200b',
  '．．',
  'C:',
  'c:\\windows',
  '\\\\host\\share',
  '\\\\?\\C:\\',
  '~',
  '$HOME',
  'a.txt/',
  'a.txt:stream',
  'NUL',
  'PROGRA~1',
  'é',
  'e\u0301',
  '\u202Etxt.a',
  'x'.repeat(255),
  'x'.repeat(300),
  'new\nline',
  'a.txt\0',
  '\0',
  '-',
  '*',
  '😀',
];

/** The first of the names are those that lie in the root or beside it. */
const existing = names.indexOf('..');

function hostilePath(pick: (below: number) => number, base: string): string {
  const starts = [
    '',
    '',
    '',
    '',
    '',
    './',
    '../',
    '/',
    '//',
    `${base}/ws/`,
    `${base}/ws/../`,
    `${base}/ws-evil/`,
    `${base}/`,
    '\\',
    'file://',
    '/proc/self/cwd/',
    '/proc/self/root/',
  ];
  // Every other path is made of a few names that exist, so that it comes further than the first name.
  const mild = pick(2) === 0;
  const start = starts[pick(mild ? 6 : starts.length)] ?? '';
  const parts = Array.from({ length: 1 + pick(mild ? 3 : 6) }, () => names[pick(mild ? existing : names.length)] ?? '');
  return start + parts.join('/');
}

type Outcome = 'escaped' | 'refused' | 'reached' | 'failed';

interface Attempt {
  readonly path: string;
  /** 0 reads, 1 lists, 2 asks what it is. */
  readonly way: number;
}

async function attempt(files: Files, base: string, { path, way }: Attempt): Promise<Outcome> {
  try {
    if (way === 0) return new TextDecoder().decode(await files.read(path)).includes('inside') ? 'reached' : 'escaped';
    if (way === 1) {
      const entries = await files.list(path);
      // Below the root there is no such name; beside it there are only such names.
      return entries.some((entry) => /(?:^|\/)(?:ws-evil|secret\.txt|etc|back)$/u.test(entry.path))
        ? 'escaped'
        : 'reached';
    }
    const entry = await files.stat(path);
    const real = realpathSync(join(base, 'ws', entry.path));
    const root = join(base, 'ws');
    return real === root || real.startsWith(`${root}/`) ? 'reached' : 'escaped';
  } catch (error) {
    if (!NootropicError.is(error) || error.code === 'INTERNAL') throw error;
    return error.code === 'PATH_OUTSIDE_ROOT' ? 'refused' : 'failed';
  }
}

/** Reads through a folder while it is replaced by a link that leads out, and puts it back. */
async function attemptWhileSwapped(files: Files, base: string, turn: number): Promise<Outcome> {
  const folder = join(base, 'ws/swap');
  const aside = join(base, 'ws/swap-aside');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'a.txt'), 'inside');
  const reading = attempt(files, base, { path: 'swap/a.txt', way: 0 });
  // The swap falls at another moment of the read each time.
  for (let ticks = turn % 8; ticks > 0; ticks -= 1) await new Promise((resolve) => setImmediate(resolve));
  renameSync(folder, aside);
  symlinkSync('../other', folder);
  const outcome = await reading;
  if (lstatSync(folder).isSymbolicLink()) rmSync(folder);
  renameSync(aside, folder);
  return outcome;
}

/**
 * Tries `count` hostile paths, made from `seed`, against real files and links in a folder of its own, which it removes
 * again; every 20th case swaps a folder for a link during the read. Needs a system on which links may be made.
 */
export async function runPathGate(count: number, seed: number): Promise<PathGateResult> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'nootropic-path-gate-')));
  try {
    const files = await createLocalFiles({ root: layOut(base) });
    const pick = seeded(seed);
    const counts: Record<Outcome, number> = { escaped: 0, refused: 0, reached: 0, failed: 0 };
    const examples: string[] = [];
    let run = 0;
    while (run < count) {
      const swapped = run % 20 === 19;
      const path = swapped ? 'swap/a.txt' : hostilePath(pick, base);
      const outcome = swapped
        ? await attemptWhileSwapped(files, base, Math.floor(run / 20))
        : await attempt(files, base, { path, way: pick(3) });
      counts[outcome] += 1;
      if (outcome === 'escaped' && examples.length < 10) examples.push(path);
      run += 1;
    }
    return { asked: count, run, escaped: counts.escaped, refused: counts.refused, reached: counts.reached, examples };
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}
