import { spawn as spawnNode, type ChildProcess } from 'node:child_process';
import { isAbsolute, delimiter } from 'node:path';
import { NootropicError, type Files, type RunRequest, type Runner, type RunResult } from '@nootropic/contracts';
import { createBwrapSandbox } from './bwrap-sandbox.ts';
import { placeOf } from './confined-place.ts';
import { cappedOutput } from './capped-output.ts';
import { fileError } from './file-error.ts';
import { confinementOf } from './local-files.ts';
import type { NetworkProxyOptions, NetworkUse } from './network-proxy.ts';
import { trySandbox } from './sandbox-trial.ts';
import { watchUsage } from './usage-watch.ts';
import { stdioOf, type Confined, type Sandbox, type SandboxState } from './sandbox.ts';
import { createSeatbeltSandbox } from './seatbelt-sandbox.ts';

export interface LocalRunnerOptions {
  /** The root below which programs run: the one of a `Files`, or a folder. */
  readonly root: string | Pick<Files, 'root'>;
  /** The environment to take the permitted variables from. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default `node:child_process`. */
  readonly spawn?: typeof spawnNode;
  /** Time between asking a program to end and ending it, in milliseconds. Default 1 000. A confined program is ended at once. */
  readonly graceMs?: number;
  /** Absolute paths of the program's own files and folders: a confined program neither reads nor writes them. Default none. */
  readonly own?: readonly string[];
  /** Is told of every connection that a confined program asked for. */
  readonly onNetwork?: (use: NetworkUse) => void;
  /** How the proxy of confined programs finds addresses, and which it may connect to. Default: the system's resolver; those of the internet. */
  readonly network?: Pick<NetworkProxyOptions, 'resolve' | 'isPermittedAddress'>;
  /** Limits of confined programs for which none are asked. Default: none but the time. */
  readonly limits?: RunRequest['limits'];
  /** Default: bubblewrap on Linux, seatbelt on macOS, none elsewhere. */
  readonly confinement?: Sandbox;
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
 * `Runner` on the local machine. No shell is involved. With a policy a program runs in the sandbox of the system; without one it may do what the
 * user may, and what it may do is decided before it is run. When its time is up or it is cancelled, the program and all it started end: asked first,
 * then killed. When it ends by itself, what it left running in its process group ends too, and in the sandbox all that it started.
 */
export function createLocalRunner(options: LocalRunnerOptions): Runner {
  const root = typeof options.root === 'string' ? options.root : options.root.root;
  const { env = process.env, spawn = spawnNode, graceMs = 1_000 } = options;
  const variables = rebuiltEnvironment(env);
  const confinement = options.confinement ?? systemSandbox(root, variables, options);
  let state: Promise<SandboxState> | undefined;
  const sandbox = (): Promise<SandboxState> => (state ??= trySandbox(confinement, { spawn, env: variables }));
  return {
    sandbox,
    async run(request) {
      if (request.signal?.aborted) throw aborted(request);
      const cwd = await folderOf(root, request.cwd ?? '.');
      // It may have been cancelled while the folder was looked at.
      if (request.signal?.aborted) throw aborted(request);
      const means: Means = { spawn, graceMs, env: { ...variables, ...request.env } };
      if (!request.sandbox) return runIn(request, cwd, means);
      const known = await sandbox();
      if (!known.available)
        throw new NootropicError('SANDBOX_UNAVAILABLE', `Programs cannot be confined on this machine: ${known.reason}`);
      const limits = request.limits ?? options.limits;
      const countable = request.limits?.memory !== undefined;
      return runConfined({ ...request, ...(limits && { limits }) }, cwd, {
        ...means,
        countable,
        sandbox: confinement,
        root: (await confinementOf(root)).root,
      });
    },
  };
}

/** What confines programs on this system. */
export function systemSandbox(
  root: string,
  env: Readonly<Record<string, string>>,
  options: Pick<LocalRunnerOptions, 'own' | 'onNetwork' | 'network'>,
): Sandbox {
  const { own = [], onNetwork } = options;
  const network = { ...options.network, ...(onNetwork && { onUse: onNetwork }) };
  if (process.platform === 'linux') return createBwrapSandbox({ root, env, own, network });
  if (process.platform === 'darwin') return createSeatbeltSandbox({ env, own, network });
  return {
    kind: 'none',
    missing: `there is no sandbox for ${process.platform}`,
    confine: () => Promise.reject(new NootropicError('SANDBOX_UNAVAILABLE')),
  };
}

async function runConfined(
  request: RunRequest,
  cwd: string,
  means: Means & { readonly sandbox: Sandbox; readonly root: string; readonly countable: boolean },
): Promise<RunResult> {
  const { argv, sandbox: policy = {}, limits, signal } = request;
  const { root, env, countable } = means;
  const confined = await means.sandbox
    .confine({ argv, root, cwd, env, policy, countable, ...(limits && { limits }), ...(signal && { signal }) })
    .catch((error: unknown) => {
      throw signal?.aborted ? aborted(request) : error;
    });
  let notes: readonly string[] = [];
  let result: RunResult;
  try {
    result = await runIn({ ...request, argv: confined.argv }, cwd, { ...means, env: { ...confined.env }, confined });
  } finally {
    notes = await confined.release();
  }
  const failure = confined.failure(result);
  if (failure?.of === 'program') throw notStarted(request, new Error(failure.why));
  if (failure)
    throw new NootropicError('SANDBOX_UNAVAILABLE', `${JSON.stringify(argv[0])} cannot be confined: ${failure.why}`);
  if (notes.length === 0) return result;
  const said = notes.map((note) => `nootropic: ${note}\n`).join('');
  request.onOutput?.(said, 'stderr');
  return {
    ...result,
    stderr: `${result.stderr}${result.stderr === '' || result.stderr.endsWith('\n') ? '' : '\n'}${said}`,
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
  readonly confined?: Pick<Confined, 'stdio' | 'attach' | 'init'>;
}

function start(request: RunRequest, cwd: string, { spawn, env, confined }: Means): ChildProcess {
  const [program, ...args] = request.argv;
  try {
    const child = spawn(program, args, {
      cwd,
      env,
      shell: false,
      // Its own process group, so that all of it can be ended.
      detached: process.platform !== 'win32',
      windowsHide: true,
      stdio: stdioOf(request.stdin !== undefined, confined?.stdio),
    });
    confined?.attach(child);
    return child;
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

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function told({ onOutput }: RunRequest, stream: 'stdout' | 'stderr') {
  return onOutput && ((text: string): void => onOutput(text, stream));
}

function runIn(request: RunRequest, cwd: string, means: Means): Promise<RunResult> {
  const child = start(request, cwd, means);
  const { signal, timeoutMs = defaultTimeoutMs, maxBytes = defaultMaxBytes } = request;
  const stdout = cappedOutput(child.stdout, maxBytes, told(request, 'stdout'));
  const stderr = cappedOutput(child.stderr, maxBytes, told(request, 'stderr'));
  const { confined } = means;
  let timedOut = false;
  let limit: RunResult['limit'];
  const watch =
    request.limits &&
    watchUsage({
      limits: request.limits,
      target: () => (confined ? { init: confined.init?.() } : { tree: child.pid }),
      onLimit(which) {
        limit ??= which;
        const init = confined?.init?.();
        if (init !== undefined) kill(init);
        endGroup(child, 'SIGKILL', means.spawn);
      },
    });
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
      watch?.[Symbol.dispose]();
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
          exitCode: limit ? null : exitCode,
          stdout: stdout.text(),
          stderr: stderr.text(),
          truncated: stdout.truncated() || stderr.truncated(),
          timedOut,
          ...(limit && { limit }),
          ...(watch?.peak() && { peakMemory: watch.peak() }),
        });
      }
    });
  }).finally(() => {
    watch?.[Symbol.dispose]();
    clearTimeout(timer);
    clearTimeout(grace);
    clearTimeout(drain);
    signal?.removeEventListener('abort', end);
  });
}
