import { spawn as spawnNode } from 'node:child_process';
import { NootropicError } from '@nootropic/contracts';

/** How the user's own git is run. */
export interface OwnGitOptions {
  /** Absolute path of the folder that it runs in. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `terminal`: it reads from the terminal and writes to standard error, so that an editor, a hook or a passphrase can ask. Default: what it writes is kept. */
  readonly at?: 'terminal' | 'nowhere';
  readonly stdin?: string;
  /** Default `node:child_process`. */
  readonly spawn?: typeof spawnNode;
}

export interface GitResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs the user's own git with all that the user configured, hooks and signatures too: only for what the user asked for by name. What is merely read is read by
 * `assistant.git`, which runs nothing that a repository names. Rejects with `NOT_FOUND` where there is no git.
 */
export async function runOwnGit(args: readonly string[], options: OwnGitOptions): Promise<GitResult> {
  const { cwd, env, at = 'nowhere', stdin, spawn = spawnNode } = options;
  const kept = { out: '', err: '' };
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...args], {
      ...{ cwd, shell: false, windowsHide: true, env: env as NodeJS.ProcessEnv },
      // Standard output is for data, which what git says is not.
      stdio: at === 'terminal' ? ['inherit', 2, 2] : [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (kept.out += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (kept.err += text));
    child.stdin?.on('error', () => undefined).end(stdin ?? '');
    child.once('error', (cause) =>
      reject(
        new NootropicError('NOT_FOUND', `git cannot be started: ${cause.message}`, { cause, hint: 'Install git.' }),
      ),
    );
    child.once('close', (code) => resolve({ code: code ?? 1, ...kept }));
  });
}

/** The same, for what has to succeed: gives what it printed, and rejects with `COMMAND_FAILED` and its own words. */
export async function mustRunOwnGit(args: readonly string[], options: OwnGitOptions): Promise<string> {
  const { code, out, err } = await runOwnGit(args, options);
  if (code === 0) return out;
  const words = (err.trim() === '' ? out : err).trim().replace(/^(?:fatal|error): /u, '');
  throw new NootropicError(
    'COMMAND_FAILED',
    `git ${args[0] ?? ''} failed: ${words === '' ? `exit code ${code}` : words}`,
  );
}
