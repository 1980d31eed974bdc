import { spawn as spawnNode } from 'node:child_process';
import { NootropicError, type Change, type Files, type History } from '@nootropic/contracts';
import { compareStates } from './git-compare.ts';
import { linesBefore, parseHead, readChanges } from './git-output.ts';
import { readDiffs } from './git-diffs.ts';
import { failure, isDamaged, isWithout, runGit, textOf, type GitRun } from './git-program.ts';
import { createLocalFiles } from './local-files.ts';

export interface GitHistoryOptions {
  /** The folder whose history is read: the one of a `Files`, or a path. It may be a folder inside a repository. */
  readonly root: string | Pick<Files, 'root'>;
  /** The environment to take PATH and HOME from. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default `node:child_process`. */
  readonly spawn?: typeof spawnNode;
  /** Milliseconds that one question may take. Default 30 000. */
  readonly timeoutMs?: number;
}

const defaultLimit = 1000;
const defaultDiffCharacters = 20_000;
const mostDiffs = 100;
/** One record as `readChanges` takes it. */
const format = '%x1e%H%x00%an%x00%aI%x00%B%x00';
const logArguments = [
  'log',
  ...['--no-ext-diff', '--no-textconv', '--no-renames', '--no-show-signature', '--no-notes', '--no-color'],
  ...['--no-mailmap', '--name-only', '-z', '--relative', `--format=tformat:${format}`],
];

/**
 * The history of a folder, read with the `git` program. It only reads, takes no lock, never asks and never goes to a network. Without `git`, outside
 * a repository, and in one without commits there is no history, and that is no error.
 */
export function createGitHistory(options: GitHistoryOptions): History {
  const root = typeof options.root === 'string' ? options.root : options.root.root;
  const { env = process.env, spawn = spawnNode, timeoutMs = 30_000 } = options;
  const means = { root, spawn, timeoutMs, env };
  const git = (args: readonly string[], signal?: AbortSignal): GitRun => runGit(means, args, signal);

  const head = async (signal?: AbortSignal): Promise<string | undefined> => {
    const run = git(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], signal);
    const found = parseHead(await textOf(run.output));
    const outcome = await run.ended;
    if (outcome.missing || outcome.code === 0 || isWithout(outcome)) return found;
    throw failure(outcome);
  };

  return {
    head: () => head(),
    async *changes({ paths, limit = defaultLimit, since, signal } = {}) {
      if (signal?.aborted) throw new NootropicError('ABORTED');
      const most = Math.floor(limit);
      if (most < 1 || paths?.length === 0) return;
      if (since !== undefined && !isRevision(since)) {
        throw new NootropicError('INPUT_INVALID', `${JSON.stringify(since)} is no hash of a commit.`);
      }
      if ((await head(signal)) === undefined) return;
      const run = git(
        [
          ...logArguments,
          ...[`--max-count=${String(most)}`, '--no-merges', '--full-diff'],
          ...(since === undefined ? ['HEAD'] : [`${since}..HEAD`]),
          '--',
          // Without a path, commits outside this folder of a larger repository would count.
          ...(paths ?? ['.']),
        ],
        signal,
      );
      try {
        yield* readChanges(run.output);
      } finally {
        run.stop();
      }
      const outcome = await run.ended;
      if (outcome.code !== 0 && !outcome.missing) throw failure(outcome);
    },
    async *diffs(commits, { maxCharacters = defaultDiffCharacters, signal } = {}) {
      if (signal?.aborted) throw new NootropicError('ABORTED');
      const strange = commits.find((commit) => !isRevision(commit));
      if (strange !== undefined || commits.length > mostDiffs)
        throw new NootropicError(
          'INPUT_INVALID',
          `At most ${String(mostDiffs)} hashes of commits can be asked for at once.`,
        );
      if (commits.length === 0) return;
      const run = git(
        [
          'show',
          ...['--no-ext-diff', '--no-textconv', '--no-renames', '--no-show-signature', '--no-notes', '--no-color'],
          ...['--patch', '--unified=2', '--relative', '--format=tformat:%x1e%H', ...commits, '--'],
        ],
        signal,
      );
      try {
        yield* readDiffs(run.output, maxCharacters);
      } finally {
        run.stop();
      }
      const outcome = await run.ended;
      if (outcome.code !== 0 && !outcome.missing) throw failure(outcome);
    },
    compare: (comparison, asked = {}) => compareStates(means, comparison, asked),
    async lastChange(path, range, signal) {
      if (signal?.aborted) throw new NootropicError('ABORTED');
      if (range.startLine < 1 || range.endLine < range.startLine || (await head(signal)) === undefined)
        return undefined;
      const committed = git(['cat-file', 'blob', `HEAD:./${path}`], signal);
      const before = await textOf(committed.output);
      const present = await committed.ended;
      if (present.code !== 0) {
        if (isDamaged(present.errors)) throw failure(present);
        return undefined;
      }
      const lines = linesBefore(await contentNow(path, before), before, range);
      if (lines === undefined) return undefined;
      const { startLine, endLine } = lines;
      const touched = git(
        [
          'log',
          ...[
            '-s',
            '--max-count=1',
            '--format=%H',
            '--no-ext-diff',
            '--no-textconv',
            '--no-show-signature',
            '--no-color',
          ],
          ...[`-L${String(startLine)},${String(endLine)}:${path}`, 'HEAD'],
        ],
        signal,
      );
      const commit = parseHead(await textOf(touched.output));
      const traced = await touched.ended;
      if (commit === undefined || traced.code !== 0) {
        // Lines behind the end of the file have no last change.
        if (traced.code === 0 || /has only \d+ lines?/u.test(traced.errors)) return undefined;
        throw failure(traced);
      }
      const show = git([...logArguments, '--max-count=1', commit], signal);
      let last: Change | undefined;
      for await (const change of readChanges(show.output)) last ??= change;
      const outcome = await show.ended;
      if (outcome.code !== 0) throw failure(outcome);
      return last;
    },
  };

  /** The text of a file as it is now, so that its lines can be found in what is committed; that itself where it cannot be read. */
  async function contentNow(path: string, committed: string): Promise<string> {
    try {
      return new TextDecoder().decode(await (await createLocalFiles({ root })).read(path));
    } catch {
      return committed;
    }
  }
}

/** What may stand for a commit: its hash, whole or shortened. No other revision, and nothing that could be read as an option. */
function isRevision(text: string): boolean {
  return /^[0-9a-f]{4,64}$/iu.test(text);
}
