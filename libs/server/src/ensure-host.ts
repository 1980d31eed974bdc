import { spawn as nodeSpawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorTable, NootropicError, type ErrorCode } from '@nootropic/contracts';
import { findHost, isHostReady, type FoundHost } from './host-find.ts';
import { hostEnded } from './host-lock.ts';
import { resolvePaths, type Paths } from './paths.ts';

export interface EnsureHostOptions {
  /** Default `process.env`. The host inherits it. */
  readonly env?: NodeJS.ProcessEnv;
  /** Of the program that asks. A running host of another version is not taken. */
  readonly version: string;
  /** The program and its first arguments, such as Node and the entry file of the command line. */
  readonly command: readonly [program: string, ...args: string[]];
  /** Further arguments of `serve`. */
  readonly args?: readonly string[];
  /** Milliseconds that the start may take. Default 30 000. */
  readonly limitMs?: number;
  readonly signal?: AbortSignal;
  /** Default: Node's. */
  readonly spawn?: (program: string, args: readonly string[], options: SpawnOptions) => ChildProcess;
}

export interface EnsuredHost extends FoundHost {
  /** Whether it was not there before. */
  readonly isNew: boolean;
}

const stepMs = 50;
/** More of the last host's output than this is put aside before the next one starts. */
const logBytes = 1_000_000;

/**
 * The host of this user, started where none runs: in a process that stays when this one ends, and that ends by itself when nothing was to do for
 * `host.idleMinutes`. Resolves when it takes work. Of several callers at once, in whatever processes, one starts it and all get the same.
 *
 * Rejects with `HOST_RUNNING` where one of another version runs, with `HOST_UNREACHABLE` where it does not start in time, and with what it ended with
 * itself; its output lies in `host.log` among the logs.
 */
export async function ensureHost(options: EnsureHostOptions): Promise<EnsuredHost> {
  const { env = process.env, version, limitMs = 30_000, signal } = options;
  const paths = resolvePaths(env);
  const log = join(paths.logs, 'host.log');
  let start: Start | undefined;
  let starts = 0;
  for (let waited = 0; ; waited += stepMs) {
    signal?.throwIfAborted();
    const found = await findHost(paths);
    if (found) refuseOtherVersion(found, version);
    if (found && (await isHostReady(found))) return { ...found, isNew: start !== undefined && found.pid === start.pid };
    if (start?.failed !== undefined) {
      const error = await start.failed();
      // Another caller was faster; its host is waited for, or this one tried again where that has ended.
      if (error.code !== 'HOST_RUNNING' || starts >= 3) throw error;
      start = undefined;
    }
    if (start === undefined && (await hostEnded(paths, 0))) {
      start = await startDetached(options, log);
      starts += 1;
    }
    if (waited >= limitMs) {
      throw new NootropicError('HOST_UNREACHABLE', `The host did not start within ${String(limitMs / 1000)} s.`, {
        hint: `See ${log}; \`nootropic stop --force\` ends one that hangs.`,
      });
    }
    await sleep(stepMs);
  }
}

interface Start {
  readonly pid: number | undefined;
  /** Set once it has ended: why. */
  failed: (() => Promise<NootropicError>) | undefined;
}

async function startDetached(options: EnsureHostOptions, log: string): Promise<Start> {
  const { env = process.env, command, args = [], spawn = nodeSpawn } = options;
  const paths = resolvePaths(env);
  const output = await openLog(paths, log);
  try {
    const { size } = await output.stat();
    const [program, ...first] = command;
    const child = spawn(program, [...first, 'serve', '--json', '--by-itself', ...args], {
      cwd: paths.logs,
      detached: true,
      windowsHide: true,
      stdio: ['ignore', output.fd, output.fd],
      // The child works in another folder, where a path from this one would lead elsewhere.
      env: { ...env, ...(env['NOOTROPIC_HOME'] && { NOOTROPIC_HOME: resolve(env['NOOTROPIC_HOME']) }) },
    });
    const start: Start = { pid: child.pid, failed: undefined };
    child.once('error', (cause) => {
      start.failed = async () =>
        new NootropicError('HOST_UNREACHABLE', `The host cannot be started: ${cause.message}.`, { cause });
    });
    child.once('exit', (code, signal) => {
      start.failed = () => whyEnded(log, size, signal ?? `exit code ${String(code)}`);
    });
    child.unref();
    return start;
  } finally {
    await output.close();
  }
}

async function openLog(paths: Paths, log: string) {
  await mkdir(paths.logs, { recursive: true, mode: 0o700 });
  const before = await stat(log).catch(() => undefined);
  if (before && before.size > logBytes) await rename(log, `${log}.1`);
  return open(log, 'a', 0o600);
}

/** The error that the host said it ended with; where it said none, the end of its output. */
async function whyEnded(log: string, from: number, how: string): Promise<NootropicError> {
  const text = (await readFile(log)).subarray(from).toString('utf8').trimEnd();
  for (const line of text.split('\n').reverse()) {
    if (!line.startsWith('{"error":')) continue;
    const { error } = JSON.parse(line) as { error: { code: string; message: string; hint: string } };
    const code = Object.hasOwn(errorTable, error.code) ? (error.code as ErrorCode) : 'HOST_UNREACHABLE';
    return new NootropicError(code, error.message, { hint: error.hint });
  }
  return new NootropicError(
    'HOST_UNREACHABLE',
    `The host ended while it started (${how}). ${text.slice(-500)}`.trim(),
    {
      hint: `See ${log}.`,
    },
  );
}

function refuseOtherVersion(found: FoundHost, version: string): void {
  if (found.version === version) return;
  throw new NootropicError('HOST_RUNNING', `The host that runs is version ${found.version}, and this is ${version}.`, {
    hint: 'Run `nootropic stop`, then try again.',
  });
}
