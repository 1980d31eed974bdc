import { constants } from 'node:fs';
import { access, lstat, realpath } from 'node:fs/promises';
import { basename, delimiter, dirname, isAbsolute, join, relative, sep } from 'node:path';

/** Whether `path` is `folder` or lies below it. Both are absolute, with symbolic links resolved. */
export function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** What compilers and package managers keep in a home folder, and need to read. Nothing else of a home folder can be read. */
export const readableInHome = [
  ...['.npm', '.nvm', '.volta', '.fnm', '.bun', '.deno', '.pnpm-store', '.node-gyp', '.yarn/berry', '.yarn/cache'],
  ...[
    '.asdf',
    '.local/bin',
    '.local/lib',
    '.local/share/pnpm',
    '.local/share/fnm',
    '.local/share/mise',
    '.local/share/uv',
  ],
  ...['.local/share/virtualenv', '.local/share/virtualenvs', '.local/share/pipx', '.local/pipx', '.local/share/gem'],
  ...['.pyenv', '.conda', 'miniconda3', 'anaconda3', 'miniforge3', '.rbenv', '.rvm', '.gem', '.bundle/cache'],
  ...[
    '.cargo',
    '.rustup',
    'go/pkg',
    'go/bin',
    'sdk',
    '.sdkman',
    '.jenv',
    '.m2/repository',
    '.m2/wrapper',
    '.gradle/caches',
  ],
  ...[
    '.gradle/wrapper',
    '.gradle/jdks',
    '.ivy2/cache',
    '.sbt/boot',
    '.nuget/packages',
    '.dotnet',
    '.pub-cache',
    '.composer/cache',
  ],
  ...[
    '.stack',
    '.ghcup',
    '.cabal/packages',
    '.cabal/store',
    '.cabal/bin',
    '.opam',
    '.elan',
    '.juliaup',
    '.julia',
    '.platformio',
  ],
  ...[
    '.nix-profile',
    '.nix-defexpr',
    '.local/state/nix',
    '.swiftly',
    '.local/share/swiftly',
    '.mix',
    '.hex/packages',
    '.zvm',
  ],
  ...[
    ...[
      'go-build',
      'golangci-lint',
      'pip',
      'uv',
      'pypoetry',
      'pipenv',
      'pre-commit',
      'yarn',
      'pnpm',
      'node',
      'node-gyp',
    ],
    ...[
      'typescript',
      'electron',
      'electron-builder',
      'ms-playwright',
      'Cypress',
      'puppeteer',
      'deno',
      'turbo',
      'ccache',
    ],
    ...['sccache', 'zig', 'composer', 'coursier', 'bazelisk', 'esbuild', 'swc', 'mise', 'nix', 'hex', 'rebar3'],
  ].map((name) => `.cache/${name}`),
] as const;

/** Of those, what holds keys. */
export const secretInHome = [
  ...['.cargo/credentials', '.cargo/credentials.toml', '.gem/credentials', '.pub-cache/credentials.json'],
  ...['.hex/hex.config', '.npm/_logs', '.julia/servers', '.stack/upload', '.julia/config', '.composer/auth.json'],
] as const;

/** Of the system: other people's folders, sockets of services, what only an administrator may read. */
const hiddenOfSystem = [
  ...['/tmp', '/var/tmp', '/run', '/var/run', '/home', '/root', '/var/mail', '/var/spool/mail', '/var/spool/cron'],
  ...['/etc/ssh', '/etc/ssl/private', '/etc/shadow', '/etc/shadow-', '/etc/gshadow', '/etc/gshadow-', '/etc/sudoers'],
  ...['/etc/sudoers.d', '/mnt/wsl', '/mnt/wslg', '/mnt/c', '/var/lib/docker', '/var/lib/containerd'],
] as const;

/** Of those, what programs need: the system's own profile on NixOS, drivers, how names are resolved, Homebrew. */
const readableOfSystem = [
  ...['/run/current-system', '/run/opengl-driver', '/run/systemd/resolve', '/home/linuxbrew/.linuxbrew'],
] as const;

export interface ReachOptions {
  readonly root: string;
  readonly home: string;
  readonly path: string;
  /** Further programs whose installation must be readable. */
  readonly programs: readonly string[];
}

/** What a confined program sees of the file system beyond the workspace; everything is absolute, exists, and has its symbolic links resolved. */
export interface Reach {
  readonly hidden: readonly { readonly path: string; readonly folder: boolean }[];
  /** Below what is hidden, and yet readable. */
  readonly readable: readonly string[];
  /** Below what is readable, and yet not. */
  readonly secret: readonly { readonly path: string; readonly folder: boolean }[];
}

async function existing(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map((path) => realpath(path).catch(() => undefined)));
  return [...new Set(found.filter((path) => path !== undefined))];
}

export async function withKind(paths: readonly string[]): Promise<{ path: string; folder: boolean }[]> {
  const known = await Promise.all(
    (await existing(paths)).map(async (path) => {
      const state = await lstat(path).catch(() => undefined);
      return state && { path, folder: state.isDirectory() };
    }),
  );
  return known.filter((place) => place !== undefined);
}

/** Looks at the machine: which of the places above exist, and where the programs on the PATH are installed. */
export async function reachOf({ root, home, path, programs }: ReachOptions): Promise<Reach> {
  const hidden = (await withKind([...hiddenOfSystem, home])).filter((place) => place.path !== root);
  const folders = hidden.filter((place) => place.folder).map((place) => place.path);
  const isHidden = (place: string): boolean => folders.some((folder) => isWithin(place, folder));
  const known = await existing([...readableOfSystem, ...readableInHome.map((name) => join(home, name))]);
  const entries = path.split(delimiter).filter((entry) => isAbsolute(entry));
  const installed = (await existing([...entries, ...programs.map((program) => dirname(program))]))
    .filter((entry) => isHidden(entry) && !known.some((folder) => isWithin(entry, folder)) && !isWithin(entry, root))
    .map((entry) => installation(entry, [...folders, home]));
  const readable = [...new Set([...known, ...installed])].filter(
    (place) => isHidden(place) && !isWithin(root, place) && !folders.includes(place),
  );
  return { hidden, readable, secret: await withKind(secretInHome.map((name) => join(home, name))) };
}

/** A folder of programs mostly lies beside what they need; never a whole hidden folder. */
function installation(folder: string, hidden: readonly string[]): string {
  const parent = dirname(folder);
  const isProgramFolder = ['bin', '.bin', 'shims', 'sbin'].includes(basename(folder));
  return isProgramFolder && !hidden.some((place) => isWithin(place, parent)) ? parent : folder;
}

/** Where a program of the system lies. Never from the PATH alone: an entry may lead into the workspace, which a confined program may have written. */
export async function systemProgram(
  name: string,
  { root, path }: { readonly root: string; readonly path: string },
): Promise<string | undefined> {
  const fixed = ['/usr/bin', '/bin', '/usr/local/bin', '/run/current-system/sw/bin', '/opt/homebrew/bin', '/usr/sbin'];
  for (const folder of [...fixed, ...path.split(delimiter).filter((entry) => isAbsolute(entry))]) {
    const file = await realpath(join(folder, name)).catch(() => undefined);
    if (file === undefined || isWithin(file, root) || isWithin(folder, root)) continue;
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return undefined;
}
