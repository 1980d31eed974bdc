import { spawn as nodeSpawn, type ChildProcess, type SpawnOptions } from 'node:child_process';

export interface OpenAddressWorld {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default: Node's. */
  readonly spawn?: (program: string, args: readonly string[], options: SpawnOptions) => ChildProcess;
  /** Milliseconds after which a program that has not ended is taken to have done what it should. Default 2000. */
  readonly patienceMs?: number;
}

/**
 * Opens an address in the browser of the system, by the program that the system has for that and without a shell. Gives why not, in words that end a
 * sentence, where it could not; `undefined` where it could. The address is for a moment among the arguments of a program, where other users of the
 * machine may see it: what it holds must be of no use to who is second.
 */
export async function openAddress(url: string, world: OpenAddressWorld): Promise<string | undefined> {
  const { spawn = nodeSpawn, patienceMs = 2000 } = world;
  const blind = whyBlind(world);
  if (blind !== undefined) return blind;
  const [program, args] = openerOf(world.platform, url);
  return new Promise((resolve) => {
    // Some of these programs stay for as long as the browser does.
    const timer = setTimeout(() => resolve(undefined), patienceMs);
    const end = (why: string | undefined): void => {
      clearTimeout(timer);
      resolve(why);
    };
    const child = spawn(program, args, { stdio: 'ignore', detached: true, windowsHide: true });
    child.once('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ENOENT' ? `there is no ${program} here` : `${program} cannot be started (${error.message})`),
    );
    child.once('exit', (code) => end(code === 0 ? undefined : `${program} found no browser`));
    child.unref();
  });
}

function openerOf(platform: NodeJS.Platform, url: string): readonly [program: string, args: readonly string[]] {
  if (platform === 'darwin') return ['open', [url]];
  // `start` is a part of the shell; this is what it asks in the end.
  if (platform === 'win32') return ['rundll32.exe', ['url.dll,FileProtocolHandler', url]];
  return ['xdg-open', [url]];
}

/** Why nobody would see a browser; `undefined` where somebody may. */
function whyBlind({ platform, env }: OpenAddressWorld): string | undefined {
  if (platform === 'win32') return undefined;
  if (platform === 'darwin') return env['SSH_CONNECTION'] ? 'this is a session over SSH' : undefined;
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] ? undefined : 'there is no display';
}
