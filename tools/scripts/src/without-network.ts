import { spawnSync } from 'node:child_process';
import { workspaceRoot } from './workspace-root.ts';

/** What a program here ends with that cannot do what it was asked for on this system. */
const cannot = 3;

/**
 * Runs Node with these arguments in a network namespace of its own, in which there is a loopback and nothing else: what needs a network fails there.
 * Gives the exit code; 3, with the reason on the standard error, where the system does not let a program have such a namespace.
 */
export function runWithoutNetwork(args: readonly string[]): number {
  // A user who is not root gets one with a user namespace around it.
  const alone = [process.getuid?.() === 0 ? '-n' : '-rn', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
  const trial = spawnSync('unshare', [...alone, process.execPath, '-e', ''], { encoding: 'utf8' });
  if (trial.status !== 0) {
    const why = trial.error?.message ?? trial.stderr.trim();
    console.error(`This cannot be run without a network here: ${why || 'no network namespace can be made'}.`);
    console.error('It takes Linux with user namespaces, and the programs `unshare` (util-linux) and `ip` (iproute2).');
    return cannot;
  }
  const { status } = spawnSync('unshare', [...alone, process.execPath, ...args], {
    cwd: workspaceRoot,
    stdio: 'inherit',
  });
  return status ?? 1;
}
