import { spawn as spawnNode, type ChildProcess } from 'node:child_process';
import { isAbsolute, delimiter } from 'node:path';
import { NootropicError, type Files, type RunRequest, type Runner, type RunResult } from '@nootropic/contracts';
import { placeOf } from './confined-place.ts';
import { cappedOutput } from './capped-output.ts';
import { fileError } from './file-error.ts';
import { confinementOf } from './local-files.ts';

export interface LocalRunnerOptions {
  /** The root below which programs run: the one of a `Files`, or a folder. */
  readonly root: string | Pick<Files, 'root'>;
  /** The environment to take the permitted variables from. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default `node:child_process`. */
  readonly spawn?: typeof spawnNode;
  /** Time between asking a program to end and ending it, in milliseconds. Default 1 000. */
  readonly graceMs?: number;
}

const defaultTimeoutMs = 60_000;
const defaultMaxBytes = 1024 * 1024;
/** How long output is still read after the program has ended: a child that left its group may hold the pipe for ever. */
const drainMs = 250;

const passed = /^(?:PATH|HOME|LANG|LANGUAGE|LC_[A-Z]+|TMPDIR|TMP|TEMP|SYSTEMROOT|USERPROFILE|PATHEXT)$/iu;

/**
 * The environment a program gets: PATH, HOME, language and temp variables, and what Windows cannot start without.
 * Entries of PATH that are not absolute are dropped: they would let a file of the workspace pose as a program.
 */
export function rebuiltEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = process.platform === 'win32' ? {} : { PATH: absoluteEntries('') };
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || !passed.test(name)) continue;
    kept[name] = /^path$/iu.test(name) ? absoluteEntries(value) : value;
  }
  return kept;
}

/** An empty PATH means the working folder too, so there is always an entry. */
function absoluteEntries(path: string): string {
  const kept = path.split(delimiter).filter((entry) => isAbsolute(entry));
  return kept.length > 0 || process.platform === 'win32' ? kept.join(delimiter) : '/usr/bin:/bin';
}

/**
 * `Runner` on the local machine. No shell, no sandbox: what a program may do is decided before it is run. When its time
 * is up or it is cancelled, the program and all it started end: asked first, then killed. When it ends by itself,
 * what it left running in its process group ends too.
 */
export function createLocalRunner(options: LocalRunnerOptions): Runner {
  const root = typeof options.root === 'string' ? options.root : options.root.root;
  const { env = process.env, spawn = spawnNode, graceMs = 1_000 } = options;
  return {
    async run(request) {
      if (request.signal?.aborted) throw aborted(request);
      const cwd = await folderOf(root, request.cwd ?? '.');
      // It may have been cancelled while the folder was looked at.
      if (request.signal?.aborted) throw aborted(request);
      return runIn(request, cwd, { spawn, graceMs, env: rebuiltEnvironment(env) });
    },
  };
}

async function folderOf(root: string, path: string): Promise<string> {
  try {
    const confinement = await confinementOf(root);
    const place = await placeOf(confinement, path);
    return (await confinementOf(place.absolute)).root;
  } catch (error) {
    throw fileError(error, path);
  }
}

function aborted(request: RunRequest): NootropicError {
  return new NootropicError('ABORTED', `${request.argv[0]} was cancelled.`, { cause: request.signal?.reason });
}

interface Means {
  readonly spawn: typeof spawnNode;
  readonly graceMs: number;
  readonly env: Record<string, string>;
}

function start(request: RunRequest, cwd: string, { spawn, env }: Means): ChildProcess {
  const [program, ...args] = request.argv;
  try {
    return spawn(program, args, {
      cwd,
      env,
      shell: false,
      // Its own process group, so that all of it can be ended.
      detached: process.platform !== 'win32',
      windowsHide: true,
      stdio: [request.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
  } catch (cause) {
    throw notStarted(request, cause);
  }
}

function notStarted(request: RunRequest, cause: unknown): NootropicError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new NootropicError('COMMAND_FAILED', `${JSON.stringify(request.argv[0])} cannot be started: ${why}`, {
    cause,
    hint: 'Check that the program is installed and on the PATH.',
  });
}

/** Ends a program with all that is in its process group. A group that is gone already is no failure. */
function endGroup(child: ChildProcess, signal: NodeJS.Signals, spawn: typeof spawnNode): void {
  const { pid } = child;
  if (pid === undefined) return;
  try {
    if (process.platform === 'win32') {
      spawn('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore', windowsHide: true }).on('error', () =>
        child.kill(),
      );
    } else {
      process.kill(-pid, signal);
    }
  } catch {
    child.kill(signal);
  }
}

function runIn(request: RunRequest, cwd: string, means: Means): Promise<RunResult> {
  const child = start(request, cwd, means);
  const { signal, timeoutMs = defaultTimeoutMs, maxBytes = defaultMaxBytes } = request;
  const stdout = cappedOutput(child.stdout, maxBytes);
  const stderr = cappedOutput(child.stderr, maxBytes);
  let timedOut = false;
  let grace: NodeJS.Timeout | undefined;
  let drain: NodeJS.Timeout | undefined;
  const end = (): void => {
    endGroup(child, 'SIGTERM', means.spawn);
    grace ??= setTimeout(() => {
      endGroup(child, 'SIGKILL', means.spawn);
    }, means.graceMs);
  };
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, timeoutMs);
  signal?.addEventListener('abort', end, { once: true });
  // A program need not read its input: a broken pipe is not an error of ours.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(request.stdin);

  return new Promise<RunResult>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(notStarted(request, cause));
    });
    child.once('exit', () => {
      // On Windows the tree cannot be found any more once its first process is gone.
      if (process.platform !== 'win32') endGroup(child, 'SIGKILL', means.spawn);
      drain = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, drainMs);
    });
    child.once('close', (exitCode) => {
      if (signal?.aborted) reject(aborted(request));
      else {
        resolve({
          exitCode,
          stdout: stdout.text(),
          stderr: stderr.text(),
          truncated: stdout.truncated() || stderr.truncated(),
          timedOut,
        });
      }
    });
  }).finally(() => {
    clearTimeout(timer);
    clearTimeout(grace);
    clearTimeout(drain);
    signal?.removeEventListener('abort', end);
  });
}
