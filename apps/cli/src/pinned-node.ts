import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Set for the Node that is started here, so that a wrong find can never start itself over and over. */
const marker = 'NOOTROPIC_PINNED_NODE';

/**
 * Goes on with the Node that the `node` package holds, found in the `node_modules` of this file's folder or of one
 * above it; signals and the exit code are passed on, and it ends when this process is killed. Where there is none, says what is needed and exits with 1.
 *
 * This file and what it imports must run on Node 18.
 */
export async function runOnPinnedNode(mainUrl: string, oldest: string): Promise<void> {
  const main = realpathSync(fileURLToPath(mainUrl));
  const node = process.env[marker] === undefined ? findPinnedNode(dirname(main)) : undefined;
  if (node === undefined) {
    process.stderr.write(
      `error: nootropic needs Node ${oldest} or newer; this is Node ${process.versions.node}, at ${process.execPath}.\n` +
        '→ Install a newer one from https://nodejs.org, or run `npm install node@24` beside this program.\n',
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(node, [...process.execArgv, main, ...process.argv.slice(2)], {
    // The channel carries nothing. It closes with this process, however that ends, and so the child hears of it.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [marker]: node },
  });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) {
    process.on(signal, () => {
      // A Ctrl-C in a terminal reaches the child by itself, and a second one would make it break off.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  process.exitCode = await new Promise<number>((resolve) => {
    child.on('error', (error) => {
      process.stderr.write(`error: ${node} cannot be run: ${error.message}\n`);
      resolve(1);
    });
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : (constants.signals[signal] ?? 0))));
  });
}

/** In the Node that was started above: ends like on a termination signal when the process that started it is gone. */
export function endWithStarter(): void {
  if (process.env[marker] === undefined || process.channel === undefined) return;
  process.channel.unref();
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}

/** The executable of the nearest `node` package, upwards from a folder. */
export function findPinnedNode(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    const found = nodeIn(join(at, 'node_modules', 'node'));
    if (found !== undefined || dirname(at) === at) return found;
  }
}

function nodeIn(folder: string): string | undefined {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const own = join(folder, 'bin', name);
  if (existsSync(own)) return own;
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) return undefined;
  // The package links its binary in an install script; where those are off, the platform's own package still has it.
  const system = process.platform === 'win32' ? 'win' : process.platform;
  try {
    const platform = dirname(createRequire(manifest).resolve(`node-${system}-${process.arch}/package.json`));
    const binary = join(platform, 'bin', name);
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}
