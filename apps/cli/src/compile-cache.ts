import { mkdirSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

interface Place {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
}

/**
 * The program's cache folder: the same as the server's, worked out here because the compile cache must be on
 * before anything larger is loaded. A test holds the two together.
 */
export function cacheFolder({ env, platform, home }: Place): string {
  const own = env['NOOTROPIC_HOME'];
  if (own) return join(own, 'cache');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'nootropic');
  if (platform === 'win32') return join(env['LOCALAPPDATA'] || join(home, 'AppData', 'Local'), 'nootropic', 'Cache');
  return join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'nootropic');
}

/**
 * Lets Node keep compiled code between runs, in the program's cache folder. `NODE_COMPILE_CACHE` and
 * `NODE_DISABLE_COMPILE_CACHE` win. A cache that cannot be written is gone without: it only saves time.
 */
export function enableCompileCache(): void {
  if (process.env['NODE_COMPILE_CACHE'] || process.env['NODE_DISABLE_COMPILE_CACHE']) return;
  const folder = join(cacheFolder({ env: process.env, platform: process.platform, home: homedir() }), 'compiled');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    nodeModule.enableCompileCache(folder);
  } catch {
    // See above: slower, not wrong.
  }
}
