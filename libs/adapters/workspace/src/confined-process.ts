import { spawn as spawnNode } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { NootropicError } from '@nootropic/contracts';
import { rebuiltEnvironment, systemSandbox, type LocalRunnerOptions } from './local-runner.ts';
import { trySandbox } from './sandbox-trial.ts';
import { isWithin } from './sandbox-places.ts';
import { stdioOf, type Confined } from './sandbox.ts';
import { createScratchFolder } from './scratch-folder.ts';

export interface ConfinedProcessOptions extends Pick<
  LocalRunnerOptions,
  'env' | 'own' | 'onNetwork' | 'network' | 'spawn'
> {
  readonly argv: readonly [string, ...string[]];
  /** Added to the rebuilt environment. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Hosts that it may connect to. Default none. */
  readonly hosts?: readonly string[];
  /** Whether it is started without a sandbox where there is none. Default: rejects with `SANDBOX_UNAVAILABLE` then. */
  readonly unconfined?: boolean;
}

/** A program that goes on until it is ended, and is spoken to meanwhile. */
export interface ConfinedProcess {
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves with a few words when it has ended and everything was put back. Never rejects. */
  readonly ended: Promise<string>;
  end(): Promise<void>;
}

/**
 * Starts a program in the sandbox, in an empty folder of its own that is gone with it. Besides what every confined program can read, it can read the
 * folders that its command names by absolute paths. Rejects with `COMMAND_FAILED` where it cannot be started.
 */
export async function startConfinedProcess(options: ConfinedProcessOptions): Promise<ConfinedProcess> {
  const { argv, env = process.env, spawn = spawnNode, hosts = [], own = [], unconfined = false } = options;
  const variables = { ...rebuiltEnvironment(env), ...options.variables };
  const folder = await createScratchFolder();
  const root = folder.path;
  let confined: Confined | undefined;
  const putBack = async (): Promise<void> => {
    await confined?.release();
    await folder[Symbol.asyncDispose]();
  };
  try {
    const sandbox = systemSandbox(root, variables, { ...options, own });
    const state = await trySandbox(sandbox, { spawn, env: variables });
    if (state.available) {
      const readable = await namedFolders(argv, variables['HOME'] ?? '/');
      const policy = { hosts, readable };
      confined = await sandbox.confine({ argv, root, cwd: root, env: variables, policy });
    } else if (!unconfined)
      throw new NootropicError('SANDBOX_UNAVAILABLE', `Programs cannot be confined on this machine: ${state.reason}`);
    const [program, ...args] = confined?.argv ?? argv;
    const child = spawn(program, args, {
      ...{ cwd: root, env: confined ? { ...confined.env } : variables, shell: false, windowsHide: true },
      detached: process.platform !== 'win32',
      stdio: stdioOf(true, confined?.stdio),
    });
    const ended = new Promise<string>((resolve) => {
      child.once('error', (cause) => resolve(`It cannot be started: ${cause.message}`));
      child.once('exit', (code, signal) =>
        resolve(code === null ? `Signal ${signal} ended it.` : `It ended with ${code}.`),
      );
    }).then(async (how) => {
      await putBack();
      return how;
    });
    const { stdin, stdout, stderr } = child;
    if (!stdin || !stdout || !stderr) throw new NootropicError('COMMAND_FAILED', `${argv[0]} cannot be spoken to.`);
    confined?.attach(child);
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    return {
      ...{ pid: child.pid, stdin, stdout, stderr, ended },
      async end() {
        try {
          if (process.platform === 'win32') child.kill();
          else if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        } catch {
          // It has ended.
        }
        await ended;
      },
    };
  } catch (cause) {
    await putBack().catch(() => undefined);
    throw NootropicError.from(cause, 'COMMAND_FAILED');
  }
}

/** Of the absolute paths of a command the folder, or that of the file; never one that holds the whole home folder. */
async function namedFolders(argv: readonly string[], home: string): Promise<string[]> {
  const found = await Promise.all(
    argv
      .filter((word) => isAbsolute(word))
      .map(async (word) => {
        const state = await stat(word).catch(() => undefined);
        const folder = state?.isDirectory() ? word : dirname(word);
        return state && !isWithin(home, folder) ? folder : undefined;
      }),
  );
  return [...new Set(found.filter((folder) => folder !== undefined))];
}
