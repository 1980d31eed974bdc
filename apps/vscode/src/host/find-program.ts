import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { posix, win32 } from 'node:path';

/** A program that can be started: its absolute path, and arguments that come before all others. */
export type Program = readonly [path: string, ...args: string[]];

export interface ProgramWorld {
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
  /** Whether there is a file at this path that may be started. */
  readonly isProgram: (path: string) => Promise<boolean>;
}

/**
 * The program that a setting names: an absolute path as it is, a name in the folders of `PATH`, on Windows with the endings of `PATHEXT`.
 * `undefined` where there is none. A path that is relative is none: it would mean another program in each workspace. For the same reason
 * folders of `PATH` that are relative are left out, and the folder of the editor is not looked into, as Windows itself does.
 */
export async function findProgram(
  command: readonly string[],
  world: ProgramWorld = thisWorld,
): Promise<Program | undefined> {
  const [name, ...args] = command;
  if (name === undefined || name === '') return undefined;
  const { isAbsolute, join, basename, delimiter } = world.platform === 'win32' ? win32 : posix;
  const endings = world.platform === 'win32' ? ['', ...endingsOf(world.env)] : [''];
  const isName = basename(name) === name;
  if (!isName && !isAbsolute(name)) return undefined;
  const folders = isName ? pathOf(world.env).split(delimiter).filter(isAbsolute) : [''];
  for (const folder of folders)
    for (const ending of endings) {
      const path = isName ? join(folder, `${name}${ending}`) : `${name}${ending}`;
      // Of two files of one name beside each other, Windows can start the one with the ending.
      if (isName && ending === '' && endings.length > 1 && !/\.[a-z]+$/iu.test(name)) continue;
      if (await world.isProgram(path)) return [path, ...args];
    }
  return undefined;
}

/** What to start, and with which arguments. A batch file is started by the command processor, since Windows starts none itself. */
export function commandLine(
  [path, ...first]: Program,
  args: readonly string[],
  { platform, env }: Pick<ProgramWorld, 'platform' | 'env'> = thisWorld,
): { readonly file: string; readonly args: readonly string[]; readonly verbatim: boolean } {
  const all = [...first, ...args];
  if (platform !== 'win32' || !/\.(cmd|bat)$/iu.test(path)) return { file: path, args: all, verbatim: false };
  // https://nodejs.org/api/child_process.html#spawning-bat-and-cmd-files-on-windows; quotes cannot be part of a path there.
  const line = [path, ...all].map((part) => `"${part.replaceAll('"', '')}"`).join(' ');
  return { file: env['ComSpec'] ?? 'cmd.exe', args: ['/d', '/s', '/c', `"${line}"`], verbatim: true };
}

function pathOf(env: NodeJS.ProcessEnv): string {
  const name = Object.keys(env).find((key) => key.toUpperCase() === 'PATH');
  return (name === undefined ? undefined : env[name]) ?? '';
}

function endingsOf(env: NodeJS.ProcessEnv): string[] {
  return (env['PATHEXT'] ?? '.EXE;.CMD;.BAT').split(';').filter((ending) => ending !== '');
}

const thisWorld: ProgramWorld = {
  platform: process.platform,
  env: process.env,
  async isProgram(path) {
    try {
      if (!(await stat(path)).isFile()) return false;
      await access(path, process.platform === 'win32' ? constants.F_OK : constants.X_OK);
      return true;
    } catch {
      return false;
    }
  },
};
