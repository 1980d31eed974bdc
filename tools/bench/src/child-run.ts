import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

export const workspaceRoot = resolve(import.meta.dirname, '../../..');
export const builtCommand = join(workspaceRoot, 'apps/cli/dist/main.js');

const reportPeak = `data:text/javascript,${encodeURIComponent("import { writeSync } from 'node:fs'; process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)));")}`;

function run(args: readonly string[], env: NodeJS.ProcessEnv): Buffer | string | null | undefined {
  const { status, error, stderr, output } = spawnSync(process.execPath, args, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr}`);
  return output[3];
}

/** Milliseconds that Node takes for this, from start to end of the process. */
export function timeOf(args: readonly string[], env: NodeJS.ProcessEnv = process.env): number {
  const start = performance.now();
  run(args, env);
  return performance.now() - start;
}

/** The most memory that Node holds while it does this, in MiB. */
export function peakMemoryOf(args: readonly string[], env: NodeJS.ProcessEnv = process.env): number {
  return Number(run(['--import', reportPeak, ...args], env)) / 1024;
}
