import { spawn as spawnNode, type ChildProcess } from 'node:child_process';
import { NootropicError, type Change, type Files, type History } from '@nootropic/contracts';
import { linesBefore, parseHead, readChanges } from './git-output.ts';
import { readDiffs } from './git-diffs.ts';
import { createLocalFiles } from './local-files.ts';
import { rebuiltEnvironment } from './local-runner.ts';

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
/** Bytes of errors that are kept. */
const mostErrorBytes = 4096;

/**
 * Nothing that a repository or a user configured may start a program or write: no hooks, no file system monitor, no pager, no external or
 * text-converting diff, no signature check, no maintenance, no fetch of what a partial clone lacks. Every protocol is forbidden, so that no helper
 * is started either. The settings are listed in https://git-scm.com/docs/git-config.
 */
const settings = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'core.untrackedCache=false',
  'core.quotePath=false',
  'core.pager=cat',
  'core.attributesFile=/dev/null',
  'core.alternateRefsCommand=',
  'diff.external=',
  'diff.ignoreSubmodules=all',
  'log.showSignature=false',
  'log.mailmap=false',
  'gpg.program=false',
  'credential.helper=',
  'maintenance.auto=false',
  'gc.auto=0',
  'protocol.allow=never',
  'submodule.recurse=false',
  'i18n.logOutputEncoding=UTF-8',
];

const guards: Readonly<Record<string, string>> = {
  GIT_OPTIONAL_LOCKS: '0',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: process.platform === 'win32' ? 'NUL' : '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_NO_LAZY_FETCH: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_LITERAL_PATHSPECS: '1',
  GIT_PAGER: 'cat',
  GIT_ASKPASS: '',
  SSH_ASKPASS: '',
  LC_ALL: 'C',
};

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
  const git = (args: readonly string[], signal?: AbortSignal): GitRun =>
    runGit({ root, spawn, timeoutMs, env: { ...rebuiltEnvironment(env), ...guards } }, args, signal);

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

interface GitMeans {
  readonly root: string;
  readonly spawn: typeof spawnNode;
  readonly timeoutMs: number;
  readonly env: Record<string, string>;
}

interface GitOutcome {
  readonly code: number | null;
  readonly errors: string;
  /** There is no `git` program. */
  readonly missing: boolean;
  readonly why?: 'aborted' | 'late' | 'stopped' | undefined;
}

interface GitRun {
  readonly output: AsyncIterable<Buffer>;
  readonly ended: Promise<GitOutcome>;
  stop(): void;
}

function runGit({ root, spawn, timeoutMs, env }: GitMeans, args: readonly string[], signal?: AbortSignal): GitRun {
  if (signal?.aborted) throw new NootropicError('ABORTED');
  const child = spawn(
    'git',
    ['--no-pager', '--no-optional-locks', ...settings.flatMap((setting) => ['-c', setting]), ...args],
    { cwd: root, env, shell: false, windowsHide: true, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let why: GitOutcome['why'];
  const end = (reason: Exclude<GitOutcome['why'], undefined>): void => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    why ??= reason;
    child.kill('SIGKILL');
  };
  const abort = (): void => end('aborted');
  const timer = setTimeout(() => end('late'), timeoutMs);
  signal?.addEventListener('abort', abort, { once: true });
  const ended = outcomeOf(child, () => why).finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  });
  // It is looked at only once the output is read.
  ended.catch(() => undefined);
  return { output: chunksOf(child, ended), ended, stop: () => end('stopped') };
}

function outcomeOf(child: ChildProcess, why: () => GitOutcome['why']): Promise<GitOutcome> {
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    if (errors.length < mostErrorBytes) errors += chunk.toString('utf8');
  });
  return new Promise((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') resolve({ code: null, errors: '', missing: true });
      else reject(new NootropicError('COMMAND_FAILED', `git cannot be started: ${cause.message}`, { cause }));
    });
    child.once('close', (code) => {
      const reason = why();
      if (reason === 'aborted') reject(new NootropicError('ABORTED'));
      else resolve({ code: reason === 'stopped' ? 0 : code, errors, missing: false, why: reason });
    });
  });
}

async function* chunksOf(child: ChildProcess, ended: Promise<GitOutcome>): AsyncGenerator<Buffer> {
  if (child.stdout !== null) {
    try {
      for await (const chunk of child.stdout) yield chunk as Buffer;
    } catch (error) {
      if (child.exitCode === null && child.signalCode === null) throw error;
    }
  }
  await ended;
}

async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString('utf8');
}

/** No repository here, one whose owner git does not trust, or one without a commit. */
function isWithout({ code, errors }: GitOutcome): boolean {
  if (code === 1) return true;
  return /not a git repository|dubious ownership|safe\.directory|does not have any commits|Needed a single revision|must be run in a work tree/u.test(
    errors,
  );
}

function isDamaged(errors: string): boolean {
  return /bad object|corrupt|unable to read|missing (?:blob|tree|commit)|could not read|inflate|loose object|promisor/u.test(
    errors,
  );
}

function failure({ errors, why }: GitOutcome): NootropicError {
  const first = errors.split('\n').find((line) => line.trim() !== '') ?? 'it ended without a word';
  return new NootropicError(
    'COMMAND_FAILED',
    why === 'late'
      ? 'git took too long to read the history.'
      : `git cannot read the history: ${first.replace(/^(?:fatal|error): /u, '')}`,
    { hint: 'Run `git fsck` in the repository.' },
  );
}
