import { NootropicError, type Comparison, type CompareOptions, type FileDifference } from '@nootropic/contracts';
import { readComparison } from './git-comparison-output.ts';
import { failure, isWithout, runGit, textOf, type GitMeans } from './git-program.ts';
import { createLocalFiles } from './local-files.ts';

const defaultCharacters = 20_000;
/** New files that are shown with their text; the rest is only named. */
const mostNewFiles = 200;
const longestRevision = 250;

/**
 * What differs between two states of a repository, file by file. Nothing that the repository names is run, filters of its attributes included:
 * they are looked up and made empty, and an empty one is none (`apply_filter` in git's convert.c).
 *
 * Throws `NOT_FOUND` outside of a repository and for a revision that there is not, `PATH_OUTSIDE_ROOT` for a path that leads out.
 */
export async function* compareStates(
  means: GitMeans,
  comparison: Comparison,
  { paths = [], everywhere = false, maxCharacters = defaultCharacters, signal }: CompareOptions,
): AsyncGenerator<FileDifference, void> {
  signal?.throwIfAborted();
  for (const path of paths)
    if (/^(?:[/\\]|[a-z]:)|(?:^|[/\\])\.\.(?:[/\\]|$)/iu.test(path))
      throw new NootropicError('PATH_OUTSIDE_ROOT', `${path} leads out of the workspace.`);
  const ask = (args: readonly string[]): Promise<Answer> => answerOf(means, args, signal);
  const inside = await ask(['rev-parse', '--is-inside-work-tree']);
  if (inside.code !== 0 || inside.text.trim() !== 'true') throw notRepository(means.root);
  const states = await statesOf(comparison, ask);
  const guarded: GitMeans = { ...means, settings: await withoutFilters(ask) };
  const run = runGit(
    guarded,
    [
      'diff',
      ...[
        '--no-ext-diff',
        '--no-textconv',
        '--no-color',
        '--no-color-moved',
        '--ignore-submodules=all',
        '--submodule=short',
      ],
      ...['--find-renames', '--src-prefix=a/', '--dst-prefix=b/', '--unified=3', '--raw', '-z', '--patch'],
      everywhere ? '--no-relative' : '--relative',
      ...states,
      '--',
      ...paths,
    ],
    signal,
  );
  try {
    yield* readComparison(run.output, maxCharacters);
  } finally {
    run.stop();
  }
  const outcome = await run.ended;
  if (outcome.code !== 0) throw failure(outcome);
  if (comparison.of === 'uncommitted') yield* newFiles(guarded, { paths, maxCharacters, ...(signal && { signal }) });
}

interface Answer {
  readonly code: number | null;
  readonly text: string;
}

async function answerOf(means: GitMeans, args: readonly string[], signal?: AbortSignal): Promise<Answer> {
  const run = runGit(means, args, signal);
  const text = await textOf(run.output);
  const outcome = await run.ended;
  if (outcome.missing) throw new NootropicError('NOT_FOUND', 'There is no `git` program.', { hint: 'Install git.' });
  if (outcome.code !== 0 && outcome.code !== 1 && !isWithout(outcome) && outcome.why !== undefined)
    throw failure(outcome);
  return { code: outcome.code, text };
}

type Ask = (args: readonly string[]) => Promise<Answer>;

/** The arguments that say what is compared with what. */
async function statesOf(comparison: Comparison, ask: Ask): Promise<string[]> {
  if (comparison.of === 'staged') return ['--cached'];
  if (comparison.of !== 'revision') return [(await commitAt('HEAD', ask)) ?? (await emptyTree(ask))];
  const { revision } = comparison;
  const [, from = '', dots, to = ''] = /^(.*?)(\.{2,3})(.*)$/su.exec(revision) ?? [];
  if (dots === undefined) {
    const commit = await knownCommit(revision, ask);
    // Of a merge: what it brought into the line that it was made on.
    return [(await commitAt(`${commit}^1`, ask)) ?? (await emptyTree(ask)), commit];
  }
  const ends = [await knownCommit(from === '' ? 'HEAD' : from, ask), await knownCommit(to === '' ? 'HEAD' : to, ask)];
  if (dots === '..') return ends;
  const base = (await ask(['merge-base', ...ends])).text.trim();
  return [/^[0-9a-f]{40,64}$/u.test(base) ? base : await emptyTree(ask), ends[1] ?? ''];
}

async function knownCommit(revision: string, ask: Ask): Promise<string> {
  const commit = await commitAt(revision, ask);
  if (commit !== undefined) return commit;
  throw new NootropicError('NOT_FOUND', `There is no revision ${JSON.stringify(revision)}.`, {
    hint: 'Name a commit, a branch, a tag, or two of them as A..B.',
  });
}

/** The hash of the commit that a revision names, as https://git-scm.com/docs/gitrevisions says. */
async function commitAt(revision: string, ask: Ask): Promise<string | undefined> {
  // Nothing that could be read as an option, or as a second line of arguments.
  if (revision.startsWith('-') || revision.length > longestRevision || /\p{Cc}/u.test(revision)) return undefined;
  const { code, text } = await ask(['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]);
  return code === 0 ? /^[0-9a-f]{40,64}$/mu.exec(text)?.[0] : undefined;
}

/** What a first commit is compared with; its hash depends on the format of the repository. */
async function emptyTree(ask: Ask): Promise<string> {
  return (await ask(['hash-object', '-t', 'tree', '--stdin'])).text.trim();
}

async function withoutFilters(ask: Ask): Promise<[string, string][]> {
  const { text } = await ask([
    'config',
    '--null',
    '--name-only',
    '--get-regexp',
    String.raw`^filter\..*\.(clean|smudge|process|required)$`,
  ]);
  const keys = new Set(text.split('\0').filter((key) => key !== ''));
  return [...keys].map((key) => [key, key.endsWith('.required') ? 'false' : '']);
}

/** Files that git does not know yet and is not told to ignore, as if they were added whole. */
async function* newFiles(
  means: GitMeans,
  { paths = [], maxCharacters = defaultCharacters, signal }: CompareOptions,
): AsyncGenerator<FileDifference, void> {
  const listed = await answerOf(means, ['ls-files', '-z', '--others', '--exclude-standard', '--', ...paths], signal);
  const names = listed.text.split('\0').filter((name) => name !== '' && !name.endsWith('/'));
  if (names.length === 0) return;
  const files = await createLocalFiles({ root: means.root });
  for (const [at, path] of names.entries()) {
    signal?.throwIfAborted();
    const bytes = at < mostNewFiles ? await files.read(path).catch(() => undefined) : undefined;
    const isBinary = bytes?.subarray(0, 8000).includes(0) === true;
    const lines = bytes === undefined || isBinary ? [] : linesOf(new TextDecoder().decode(bytes));
    const head = `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,${lines.length} @@\n`;
    const whole = lines.length === 0 ? '' : `${head}${lines.map((line) => `+${line}\n`).join('')}`;
    const isCut = whole.length > maxCharacters;
    const end = whole.lastIndexOf('\n', maxCharacters) + 1;
    yield {
      ...{ path, change: 'created', binary: isBinary, added: lines.length, removed: 0 },
      text: isCut ? whole.slice(0, end) : whole,
      ...((isCut || at >= mostNewFiles) && { cut: true }),
    };
  }
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function notRepository(root: string): NootropicError {
  return new NootropicError('NOT_FOUND', `${root} lies in no git repository.`, {
    hint: 'Run it in a folder of a repository, or make one with `git init`.',
  });
}
