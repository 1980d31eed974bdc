import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { workspaceRoot } from './workspace-root.ts';

/*
 * `npm run test:offline -- [arguments of vitest]`: the whole test suite in a network namespace of its own, in which there is a loopback and nothing
 * else. A test that needs a network fails there. Exits with 3 where the system does not let a program have such a namespace.
 */

const cannot = 3;
const alone = ['-rn', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];

const trial = spawnSync('unshare', [...alone, process.execPath, '-e', ''], { encoding: 'utf8' });
if (trial.status !== 0) {
  const why = trial.error?.message ?? trial.stderr.trim();
  console.error(`The tests cannot be run without a network here: ${why || 'no network namespace can be made'}.`);
  console.error('It takes Linux with user namespaces, and the programs `unshare` (util-linux) and `ip` (iproute2).');
  process.exit(cannot);
}

const vitest = join(workspaceRoot, 'node_modules/vitest/vitest.mjs');
const { status } = spawnSync(
  'unshare',
  [...alone, process.execPath, vitest, 'run', '--config', 'vitest.workspace.ts', ...process.argv.slice(2)],
  { cwd: workspaceRoot, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
