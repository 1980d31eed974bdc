import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { FileWrite, Journal } from '@nootropic/contracts';
import { createLocalJournal } from './local-journal.ts';
import { seeded } from './path-gate.ts';

/** What came of a run. It holds when `run` equals `asked`, the faults are none, and steps, changes and user edits are above 0. */
export interface UndoGateResult {
  readonly asked: number;
  readonly run: number;
  /** Sequences after which the tree was not as it had been, or not as it had become, or in which `.git` changed. */
  readonly failed: number;
  readonly steps: number;
  readonly changes: number;
  readonly userEdits: number;
  /** The first faults, one sentence each. */
  readonly faults: readonly string[];
}

export type Pick = (below: number) => number;

/** Sequences that one folder, one repository and one journal have to bear before the next one is begun. */
const sequencesPerFolder = 20;

/** What lies below a folder, one line for each path: kind, mode, target or content. Written apart from the journal, to judge it. */
export function treeLines(
  root: string,
  only: (path: string) => boolean = (path) => !/(?:^|\/)\.git(?:\/|$)/u.test(path),
): Map<string, string> {
  const lines = new Map<string, string>();
  const visit = (folder: string): void => {
    for (const name of readdirSync(join(root, folder))) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (!only(path)) continue;
      const stats = lstatSync(join(root, path));
      const mode = (stats.mode & 0o7777).toString(8);
      if (stats.isSymbolicLink()) lines.set(path, `link ${readlinkSync(join(root, path))}`);
      else if (stats.isDirectory()) {
        lines.set(path, `folder ${mode}`);
        visit(path);
      } else if (stats.isFile()) {
        const hash = createHash('sha256')
          .update(readFileSync(join(root, path)))
          .digest('hex');
        lines.set(path, `file ${mode} ${hash}`);
      } else lines.set(path, 'other');
    }
  };
  visit('');
  return lines;
}

export function differences(expected: ReadonlyMap<string, string>, actual: ReadonlyMap<string, string>): string[] {
  const paths = new Set([...expected.keys(), ...actual.keys()]);
  return [...paths]
    .filter((path) => expected.get(path) !== actual.get(path))
    .map(
      (path) => `${JSON.stringify(path)}: ${expected.get(path) ?? 'nothing'} became ${actual.get(path) ?? 'nothing'}`,
    );
}

const names = [
  ...['a.txt', 'b.ts', 'c', 'README.md', 'readme.md', 'Makefile', 'x y.txt', '.env', '.gitignore', 'debug.log'],
  ...[
    'übung.txt',
    'u\u0308bung.txt',
    '日本語.md',
    '😀.bin',
    'new\nline',
    'quote\'".txt',
    '-rf',
    '$HOME',
    '%41',
    'n'.repeat(200),
  ],
];
const folders = [
  '',
  '',
  'src/',
  'src/deep/',
  'SRC/',
  'node_modules/x/',
  'node_modules/x/lib/',
  'dist/',
  'empty/',
  'ü/',
];
const modes = [0o644, 0o755, 0o600, 0o444, 0o777, 0o640];

export function randomContent(pick: Pick): Buffer {
  const kind = pick(8);
  if (kind === 0) return Buffer.alloc(0);
  // Large enough to lie in a file of its own.
  const size = kind === 1 ? 70_000 + pick(60_000) : pick(400);
  if (kind <= 3) return Buffer.from(Array.from({ length: Math.min(size, 3000) }, () => pick(256)));
  return Buffer.from(
    `${Array.from({ length: 1 + (size >> 4) }, (_, at) => `line ${at} ${pick(10)}`).join('\n')}${pick(2) ? '\n' : ''}`,
  );
}

function randomPath(pick: Pick): string {
  return `${folders[pick(folders.length)]}${names[pick(names.length)]}`;
}

/** Paths that stand there, of one kind. */
function existing(root: string, pick: Pick, kind: 'file' | 'folder' | 'any'): string | undefined {
  const fitting = [...treeLines(root)].filter(
    ([path, line]) => !path.startsWith('user') && (kind === 'any' || line.startsWith(kind)),
  );
  return fitting.length === 0 ? undefined : fitting[pick(fitting.length)]?.[0];
}

/** Whether a file may be made at a path: nothing on the way, or in its place, is something else. */
function isFree(root: string, path: string): boolean {
  const parts = path.split('/');
  const above = parts.slice(1).every((_, at) => {
    const stats = lstatSync(join(root, ...parts.slice(0, at + 1)), { throwIfNoEntry: false });
    return stats === undefined || stats.isDirectory();
  });
  if (!above) return false;
  const there = lstatSync(join(root, path), { throwIfNoEntry: false });
  return there === undefined || there.isFile();
}

/** One thing that a program may do to a tree. */
function disturb(root: string, pick: Pick): void {
  const at = (path: string): string => join(root, path);
  const path = randomPath(pick);
  const file = existing(root, pick, 'file');
  const folder = existing(root, pick, 'folder');
  switch (pick(13)) {
    case 0:
    case 1:
      if (!isFree(root, path)) return;
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), randomContent(pick));
      return;
    case 2:
      if (file) writeFileSync(at(file), randomContent(pick));
      return;
    case 3:
      // Of the same length, within the same moment: only the times of the file may tell.
      if (file)
        writeFileSync(
          at(file),
          readFileSync(at(file)).map((byte) => byte ^ 1),
        );
      return;
    case 4:
      if (file) rmSync(at(file));
      return;
    case 5:
      if (!file || !isFree(root, path)) return;
      mkdirSync(dirname(at(path)), { recursive: true });
      renameSync(at(file), at(path));
      return;
    case 6: {
      const swapped =
        file &&
        file.replace(/[^/]*$/u, (name) => (name === name.toUpperCase() ? name.toLowerCase() : name.toUpperCase()));
      if (file && swapped && !existsSync(at(swapped))) renameSync(at(file), at(swapped));
      return;
    }
    case 7:
      if (file) chmodSync(at(file), modes[pick(modes.length)] ?? 0o644);
      return;
    case 8:
      if (!isFree(root, path)) return;
      mkdirSync(dirname(at(path)), { recursive: true });
      rmSync(at(path), { force: true });
      symlinkSync(['a.txt', '../outside', '/etc/hosts', '.', 'nowhere', 'src'][pick(6)] ?? '', at(path));
      return;
    case 9:
      if (pick(2) === 0 || !folder) {
        if (isFree(root, path) && !existsSync(at(path)))
          mkdirSync(at(path), { recursive: true, mode: pick(2) ? 0o755 : 0o700 });
      } else if (pick(2) === 0) chmodSync(at(folder), pick(2) ? 0o755 : 0o711);
      else rmSync(at(folder), { recursive: true });
      return;
    case 10:
      if (folder && !existsSync(at(`${folder}-moved`))) renameSync(at(folder), at(`${folder}-moved`));
      return;
    case 11: {
      // A file where a folder was, or the other way round.
      const target = existing(root, pick, 'any');
      if (!target) return;
      const wasFolder = lstatSync(at(target)).isDirectory();
      rmSync(at(target), { recursive: true });
      if (wasFolder) writeFileSync(at(target), 'was a folder');
      else {
        mkdirSync(at(target));
        if (pick(2)) writeFileSync(at(`${target}/inside`), 'inside');
      }
      return;
    }
    default: {
      const target = existing(root, pick, 'any');
      if (target) rmSync(at(target), { recursive: true });
    }
  }
}

/** A file without leave to write refuses a program that is not run by root, and the program goes on. */
function tryTo(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) throw error;
  }
}

/** Files to write as one step; none where chance chose nothing that can be. */
function randomWrites(root: string, pick: Pick): FileWrite[] {
  const writes = new Map<string, FileWrite>();
  const used = new Set<string>();
  for (let left = 1 + pick(4); left > 0; left -= 1) {
    const file = existing(root, pick, 'file');
    const path = pick(2) ? randomPath(pick) : file;
    if (path === undefined || !isFree(root, path)) continue;
    const from =
      file !== undefined && pick(4) === 0 && file !== path && lstatSync(join(root, file)).isFile() ? file : undefined;
    // What lies on the way to another of them cannot be written together with it.
    const taken = [path, ...(from === undefined ? [] : [from])];
    const meets = taken.some((each) =>
      [...used].some((other) => other === each || other.startsWith(`${each}/`) || each.startsWith(`${other}/`)),
    );
    if (meets) continue;
    for (const each of taken) used.add(each);
    const content = from !== undefined || pick(5) > 0 ? randomContent(pick) : null;
    writes.set(path, {
      path,
      content: from !== undefined && pick(2) ? readFileSync(join(root, from)) : content,
      ...(from !== undefined && { from }),
    });
  }
  return [...writes.values()];
}

function userEdit(root: string, pick: Pick): void {
  const path = join(root, ['user.txt', 'user/notes.md', 'user/deep/x.bin'][pick(3)] ?? '');
  if (pick(4) === 0) return rmSync(path, { force: true });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, randomContent(pick));
}

const isUsers = (path: string): boolean => path === 'user.txt' || path === 'user' || path.startsWith('user/');

/** What was there, with the files of the user as they are now. */
function withUsers(lines: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...[...lines].filter(([path]) => !isUsers(path)), ...[...now].filter(([path]) => isUsers(path))]);
}

/** A first tree, with a repository that has a commit, something staged, something stashed and settings of its own. */
export function layOutTree(root: string, pick: Pick, git: boolean): void {
  mkdirSync(root, { recursive: true });
  for (let left = 15; left > 0; left -= 1) {
    const path = randomPath(pick);
    if (!isFree(root, path)) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), randomContent(pick));
  }
  if (!git) return;
  writeFileSync(join(root, '.gitignore'), 'node_modules\ndist\n*.log\n');
  writeFileSync(join(root, 'kept.txt'), 'kept\n');
  const run = (...args: string[]): void =>
    void execFileSync('git', args, {
      cwd: root,
      stdio: 'ignore',
      env: { PATH: process.env['PATH'] ?? '', HOME: root, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
    });
  run('init', '-q', '-b', 'main');
  for (const [key, value] of [
    ['user.name', 'U'],
    ['user.email', 'u@example.org'],
    ['commit.gpgsign', 'false'],
  ] as const)
    run('config', key, value);
  run('add', '-A');
  run('commit', '-q', '-m', 'first');
  writeFileSync(join(root, 'kept.txt'), 'stashed\n');
  run('stash');
  writeFileSync(join(root, 'kept.txt'), 'staged\n');
  run('add', 'kept.txt');
  run('tag', 'v1');
}

/** The repository, byte for byte. */
export function gitLines(root: string): Map<string, string> {
  return existsSync(join(root, '.git')) ? treeLines(join(root, '.git'), () => true) : new Map();
}

interface Tally {
  steps: number;
  changes: number;
  userEdits: number;
}

/** One random sequence of steps in a folder; gives what went wrong. */
async function runSequence(
  journal: Journal,
  root: string,
  { pick, tally, name }: { pick: Pick; tally: Tally; name: string },
): Promise<string[]> {
  const faults: string[] = [];
  const first = treeLines(root);
  const git = gitLines(root);
  const compare = (when: string, expected: ReadonlyMap<string, string>): void => {
    for (const line of differences(expected, treeLines(root)).slice(0, 3)) faults.push(`${name}, ${when}: ${line}`);
    for (const line of differences(git, gitLines(root)).slice(0, 3)) faults.push(`${name}, ${when}: .git: ${line}`);
  };
  const maybeUser = (): void => {
    if (pick(3) > 0) return;
    userEdit(root, pick);
    tally.userEdits += 1;
  };
  const length = 1 + pick(8);
  for (let at = 0; at < length; at += 1) {
    const scope = { sessionId: name, turnId: `${name}/${at >> 1}`, label: `step ${at}` };
    const writes = pick(2) === 0 ? randomWrites(root, pick) : [];
    const step =
      writes.length > 0
        ? await journal.write(scope, writes)
        : (
            await journal.watch(scope, async () => {
              for (let left = 1 + pick(5); left > 0; left -= 1) tryTo(() => disturb(root, pick));
            })
          ).step;
    if (step) tally.steps += 1;
    tally.changes += step?.changes.length ?? 0;
    maybeUser();
  }
  const changed = treeLines(root);
  const { length: made } = await journal.list({ sessionId: name });
  const turnAll = async (way: 'undo' | 'redo'): Promise<void> => {
    const whole = pick(2) === 0;
    // One more than there are would make what an earlier sequence took back.
    for (let left = whole ? Math.min(made, 1) : made; left > 0; left -= 1) {
      const outcome = await journal[way](whole ? { sessionId: name } : {});
      for (const { path, reason } of outcome.conflicts) faults.push(`${name}, ${way}: conflict at ${path}: ${reason}`);
      for (const path of outcome.lost) faults.push(`${name}, ${way}: lost ${path}`);
      if (outcome.conflicts.length > 0) return;
      maybeUser();
    }
  };
  await turnAll('undo');
  compare('undone', withUsers(first, treeLines(root)));
  await turnAll('redo');
  compare('made again', withUsers(changed, treeLines(root)));
  await turnAll('undo');
  compare('undone again', withUsers(first, treeLines(root)));
  return faults;
}

/**
 * Makes `count` random sequences of edits from `seed`, by writes and by work that is watched, while a user edits other files; undoes all of each,
 * makes it again and undoes it again. The tree and the repository in it are compared byte for byte each time. Needs `git`.
 */
export async function runUndoGate(count: number, seed: number): Promise<UndoGateResult> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'nootropic-undo-gate-')));
  const pick = seeded(seed);
  const tally: Tally = { steps: 0, changes: 0, userEdits: 0 };
  const faults: string[] = [];
  let failed = 0;
  let run = 0;
  try {
    while (run < count) {
      const folder = Math.floor(run / sequencesPerFolder);
      const root = join(base, `${folder}`, 'ws');
      layOutTree(root, pick, true);
      const journal = await createLocalJournal({ root, dir: join(base, `${folder}`, 'journal') });
      try {
        for (let left = Math.min(sequencesPerFolder, count - run); left > 0; left -= 1) {
          const found = await runSequence(journal, root, { pick, tally, name: `sequence ${run}` });
          if (found.length > 0) failed += 1;
          faults.push(...found);
          run += 1;
          // What one sequence broke would count against the next.
          if (found.length > 0) break;
        }
      } finally {
        await journal[Symbol.asyncDispose]();
        rmSync(join(base, `${folder}`), { recursive: true, force: true });
      }
      // The seed makes the rest again, once this is mended.
      if (failed > 0) break;
    }
    return { asked: count, run, failed, ...tally, faults: faults.slice(0, 10) };
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}
