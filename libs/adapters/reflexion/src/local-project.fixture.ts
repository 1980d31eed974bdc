import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  NootropicError,
  type Attempt,
  type CheckResult,
  type FileChange,
  type RunRequest,
  type Runner,
} from '@nootropic/contracts';
import { createLocalReflexion, type LocalReflexionOptions } from './index.ts';

export interface SpawnedRunner extends Runner {
  readonly requests: RunRequest[];
}

/** Runs programs as they are. It says that it confines them, or refuses to, and keeps what it was asked. */
export function createSpawnedRunner(root: string, { confines = true } = {}): SpawnedRunner {
  const requests: RunRequest[] = [];
  return {
    requests,
    sandbox: async () =>
      confines ? { available: true, kind: 'none' } : { available: false, kind: 'none', reason: 'no' },
    run(request) {
      requests.push(request);
      const { argv, cwd = '.', env = {}, stdin, timeoutMs = 60_000, signal } = request;
      if (request.sandbox && !confines) throw new NootropicError('SANDBOX_UNAVAILABLE');
      return new Promise((resolve, reject) => {
        const child = spawn(argv[0], argv.slice(1), {
          cwd: join(root, cwd),
          env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
          detached: true,
        });
        const out = { stdout: '', stderr: '' };
        let timedOut = false;
        const end = (): void => {
          if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        };
        const timer = setTimeout(() => {
          timedOut = true;
          end();
        }, timeoutMs);
        signal?.addEventListener('abort', end, { once: true });
        child.stdout.on('data', (chunk: Buffer) => void (out.stdout += chunk.toString()));
        child.stderr.on('data', (chunk: Buffer) => void (out.stderr += chunk.toString()));
        child.stdin.on('error', () => undefined);
        child.stdin.end(stdin);
        child.on('error', (cause) => {
          clearTimeout(timer);
          reject(new NootropicError('COMMAND_FAILED', `${argv[0]} cannot be started.`, { cause }));
        });
        child.on('close', (exitCode) => {
          clearTimeout(timer);
          if (signal?.aborted === true) reject(new NootropicError('ABORTED'));
          else resolve({ exitCode, ...out, truncated: false, timedOut });
        });
      });
    },
  };
}

const installed = join(import.meta.dirname, '../../../../node_modules');

export type ProjectFiles = Readonly<Record<string, string>>;

export interface LocalProjectOptions extends Partial<Omit<LocalReflexionOptions, 'root' | 'runner' | 'parser'>> {
  readonly parser: LocalReflexionOptions['parser'];
  /** Packages of this repository that are linked into the project. */
  readonly packages?: readonly string[];
  readonly confines?: boolean;
}

/** A project in a temporary folder, with a `Reflexion` over it. */
export async function localProject(
  files: ProjectFiles,
  { packages = [], confines = true, ...options }: LocalProjectOptions,
) {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-reflexion-')));
  const root = join(base, 'project');
  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  await mkdir(root);
  for (const [path, text] of Object.entries(files)) await put(path, text);
  for (const name of packages) {
    await mkdir(dirname(join(root, 'node_modules', name)), { recursive: true });
    await symlink(join(installed, name), join(root, 'node_modules', name));
  }
  const runner = createSpawnedRunner(root, { confines });
  const reflexion = createLocalReflexion({ root, runner, lessons: join(base, 'lessons.db'), ...options });

  /** Writes what the files are to hold (`null`: they go), and gives the attempt. */
  async function attempt(
    changes: Readonly<Record<string, string | null>>,
    more: Partial<Attempt> = {},
  ): Promise<Attempt> {
    const before = new Map<string, Uint8Array>();
    const list: FileChange[] = [];
    for (const [path, text] of Object.entries(changes)) {
      const old = await readFile(join(root, path)).catch(() => undefined);
      if (old) before.set(path, old);
      list.push({ path, change: text === null ? 'deleted' : old ? 'modified' : 'created' });
      if (text === null) await rm(join(root, path), { force: true });
      else await put(path, text);
    }
    return { changes: list, before: async (path) => before.get(path), ...more };
  }

  return {
    ...{ base, root, runner, reflexion, put, attempt },
    /** What the judges say of a change; without the times. */
    async judge(
      changes: Readonly<Record<string, string | null>>,
      more: Partial<Attempt> = {},
    ): Promise<Omit<CheckResult, 'tookMs'>[]> {
      const results = await Array.fromAsync(reflexion.judge(await attempt(changes, more)));
      return results.map(({ tookMs: _, ...result }) => result);
    },
    async [Symbol.asyncDispose]() {
      await reflexion[Symbol.asyncDispose]();
      await rm(base, { recursive: true, force: true });
    },
  };
}

/** Whether a program can be started here: what a test says in its name when it does not run. */
export async function hasProgram(...argv: [string, ...string[]]): Promise<boolean> {
  const runner = createSpawnedRunner(tmpdir());
  return runner.run({ argv, timeoutMs: 20_000 }).then(
    ({ exitCode }) => exitCode === 0,
    () => false,
  );
}
