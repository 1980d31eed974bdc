import type { ChildProcess, spawn as spawnNode } from 'node:child_process';
import { NootropicError } from '@nootropic/contracts';
import { rebuiltEnvironment } from './local-runner.ts';

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

/** What `git` is run with. */
export interface GitMeans {
  /** Absolute path of the folder that it runs in. */
  readonly root: string;
  readonly spawn: typeof spawnNode;
  readonly timeoutMs: number;
  /** The environment to take PATH and HOME from. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Settings beside those that are always made, such as drivers that are switched off. They win over the files of the repository. */
  readonly settings?: readonly (readonly [key: string, value: string])[];
}

export interface GitOutcome {
  readonly code: number | null;
  readonly errors: string;
  /** There is no `git` program. */
  readonly missing: boolean;
  readonly why?: 'aborted' | 'late' | 'stopped' | undefined;
}

export interface GitRun {
  readonly output: AsyncIterable<Buffer>;
  readonly ended: Promise<GitOutcome>;
  stop(): void;
}

/** Starts `git` with everything off that could start another program, write or ask. Its output is read before `ended` is. */
export function runGit(
  { root, spawn, timeoutMs, env, settings: more = [] }: GitMeans,
  args: readonly string[],
  signal?: AbortSignal,
): GitRun {
  if (signal?.aborted) throw new NootropicError('ABORTED');
  const child = spawn(
    'git',
    ['--no-pager', '--no-optional-locks', ...settings.flatMap((setting) => ['-c', setting]), ...args],
    {
      cwd: root,
      env: { ...rebuiltEnvironment(env), ...guards, ...asVariables(more) },
      shell: false,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
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

/** Settings as git takes them from its environment, whatever signs are in their names: https://git-scm.com/docs/git-config#ENVIRONMENT */
function asVariables(made: readonly (readonly [key: string, value: string])[]): Record<string, string> {
  const pairs = made.flatMap(([key, value], at) => [
    [`GIT_CONFIG_KEY_${at}`, key],
    [`GIT_CONFIG_VALUE_${at}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(made.length), ...(Object.fromEntries(pairs) as Record<string, string>) };
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

export async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString('utf8');
}

/** No repository here, one whose owner git does not trust, or one without a commit. */
export function isWithout({ code, errors }: GitOutcome): boolean {
  if (code === 1) return true;
  return /not a git repository|dubious ownership|safe\.directory|does not have any commits|Needed a single revision|must be run in a work tree/u.test(
    errors,
  );
}

export function isDamaged(errors: string): boolean {
  return /bad object|corrupt|unable to read|missing (?:blob|tree|commit)|could not read|inflate|loose object|promisor/u.test(
    errors,
  );
}

export function failure({ errors, why }: GitOutcome): NootropicError {
  const first = errors.split('\n').find((line) => line.trim() !== '') ?? 'it ended without a word';
  return new NootropicError(
    'COMMAND_FAILED',
    why === 'late'
      ? 'git took too long to read the history.'
      : `git cannot read the history: ${first.replace(/^(?:fatal|error): /u, '')}`,
    { hint: 'Run `git fsck` in the repository.' },
  );
}
