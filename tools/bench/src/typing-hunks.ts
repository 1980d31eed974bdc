import { basename } from 'node:path';
import type { BenchContext } from './bench-line.ts';
import { workspaceRoot } from './child-run.ts';
import { gitIn } from './commit-line.ts';
import { drawn } from './function-set.ts';

/** Lines that a commit added in one place of a file, and what stood around them. */
export interface TypedHunk {
  /** Repository and path. */
  readonly name: string;
  readonly path: string;
  readonly before: string;
  readonly text: string;
  readonly after: string;
}

const sources = ['*.ts', '*.js', '*.py', '*.go', '*.rs'];
const limits = { commits: 400, fewestLines: 2, mostLines: 25, mostFile: 60_000, longestLine: 160, perFile: 2 };

interface Place {
  readonly commit: string;
  readonly path: string;
  readonly line: number;
  readonly lines: number;
}

/** Where a log in patch form without context lines adds lines and takes none away. */
export function readAdditions(log: string): Place[] {
  const places: Place[] = [];
  let commit = '';
  let path = '';
  for (const line of log.split('\n')) {
    const begun = /^\u001e([0-9a-f]{7,})$/u.exec(line)?.[1];
    if (begun !== undefined) commit = begun;
    else if (line.startsWith('+++ b/')) path = line.slice('+++ b/'.length).replace(/\t.*$/u, '');
    else if (line.startsWith('+++ ')) path = '';
    else {
      const hunk = /^@@ -\d+,0 \+(\d+)(?:,(\d+))? @@/u.exec(line);
      if (hunk === null || path === '') continue;
      places.push({ commit, path, line: Number(hunk[1]), lines: Number(hunk[2] ?? 1) });
    }
  }
  return places;
}

/** Hunks of real commits that only add lines to a file that was there: of the named repositories, else of this one. The same each time. */
export async function typedHunks(context: BenchContext, most: number): Promise<TypedHunk[]> {
  const repositories = context.repos.length === 0 ? [workspaceRoot] : context.repos;
  const all: TypedHunk[] = [];
  for (const repository of repositories)
    all.push(...(await hunksOf(repository, context, Math.ceil(most / repositories.length))));
  return all;
}

async function hunksOf(repository: string, { signal }: BenchContext, most: number): Promise<TypedHunk[]> {
  const git = gitIn(repository, signal);
  const args = ['--no-merges', '--diff-filter=M', '--no-renames', '-U0', '-p', '--format=%x1e%H', '--no-color'];
  const log = await git(
    'log',
    `-${String(limits.commits)}`,
    ...args,
    '--no-ext-diff',
    '--no-textconv',
    '--',
    ...sources,
  );
  const seen = new Map<string, number>();
  const usable = readAdditions(log).filter(({ commit, path, lines }) => {
    const key = `${commit} ${path}`;
    const count = (seen.get(key) ?? 0) + 1;
    if (lines < limits.fewestLines || lines > limits.mostLines || count > limits.perFile) return false;
    seen.set(key, count);
    return true;
  });
  const hunks: TypedHunk[] = [];
  for (const place of drawn(usable, { most: most * 2, seed: 21 })) {
    if (hunks.length >= most) break;
    const file = (await git('show', `${place.commit}:${place.path}`)).replaceAll('\r', '');
    const lines = file.split('\n');
    const text = lines.slice(place.line - 1, place.line - 1 + place.lines);
    if (file.length > limits.mostFile || text.some((line) => line.length > limits.longestLine)) continue;
    if (text.join('').trim() === '') continue;
    hunks.push({
      name: `${basename(repository)}/${place.path}`,
      path: place.path,
      before: lines.slice(0, place.line - 1).join('\n') + (place.line > 1 ? '\n' : ''),
      text: text.join('\n'),
      after: `\n${lines.slice(place.line - 1 + place.lines).join('\n')}`,
    });
  }
  return hunks;
}
