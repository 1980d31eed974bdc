import type { spawn as spawnNode } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NootropicError } from '@nootropic/contracts';
import { cappedOutput } from './capped-output.ts';
import { stdioOf, type Sandbox, type SandboxState } from './sandbox.ts';

export interface TrialMeans {
  readonly spawn: typeof spawnNode;
  readonly env: Readonly<Record<string, string>>;
}

const timeoutMs = 10_000;
const before = 'as it was';

/**
 * Tries a sandbox: a shell in it must run, write into its root, and fail to change a file outside. What it did is looked at from outside, not taken
 * from its word.
 */
export async function trySandbox(sandbox: Sandbox, means: TrialMeans): Promise<SandboxState> {
  const { kind } = sandbox;
  if (sandbox.missing !== undefined) return { available: false, kind, reason: sandbox.missing };
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'nootropic-sandbox-'));
  try {
    const root = join(folder, 'root');
    const outside = join(folder, 'outside');
    await mkdir(root);
    await writeFile(outside, before);
    const why = await shell(sandbox, means, { root, script: `echo in > in; echo out > '${outside}'; exit 0` });
    if (why !== undefined) return { available: false, kind, reason: why };
    if ((await readFile(join(root, 'in'), 'utf8').catch(() => '')) !== 'in\n')
      return { available: false, kind, reason: 'a confined program could not write into its workspace' };
    if ((await readFile(outside, 'utf8')) !== before)
      return { available: false, kind, reason: 'a confined program could write outside of its workspace' };
    return { available: true, kind };
  } catch (cause) {
    return { available: false, kind, reason: NootropicError.from(cause).message };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function shell(
  sandbox: Sandbox,
  { spawn, env }: TrialMeans,
  { root, script }: { readonly root: string; readonly script: string },
): Promise<string | undefined> {
  const confined = await sandbox.confine({ argv: ['/bin/sh', '-c', script], root, cwd: root, env, policy: {} });
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      const [program, ...args] = confined.argv;
      const child = spawn(program, args, {
        ...{ cwd: root, env: { ...confined.env }, timeout: timeoutMs, killSignal: 'SIGKILL' },
        stdio: stdioOf(false, confined.stdio),
      });
      const stderr = cappedOutput(child.stderr, 4096);
      child.stdout?.resume();
      confined.attach(child);
      child.once('error', reject);
      child.once('close', (exitCode) => {
        if (exitCode === 0) resolve(undefined);
        else
          resolve(
            confined.failure({ exitCode, stderr: stderr.text() })?.why ??
              (stderr.text().trim() || `a confined program ended with ${exitCode ?? 'a signal'}`),
          );
      });
    });
  } finally {
    await confined.release();
  }
}
