import { execFile } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { NootropicError } from '@nootropic/contracts';
import { bwrapArguments, bwrapFeatures, type BwrapFeatures } from './bwrap-arguments.ts';
import { confinementOf } from './local-files.ts';
import { startNetworkProxy, type NetworkProxyOptions } from './network-proxy.ts';
import { callFilter } from './sandbox-filter.ts';
import { guardRoot } from './sandbox-guard.ts';
import { tasksOf } from './usage-watch.ts';
import { isWithin, reachOf, systemProgram, withKind } from './sandbox-places.ts';
import { foldersOf, listeningSockets, repositoryAbove, repositoryAt, scanFolder } from './sandbox-scan.ts';
import { taskLimit } from './task-limit.ts';
import { textOf, type Confined, type Sandbox } from './sandbox.ts';

export interface BwrapSandboxOptions {
  readonly root: string;
  /** The variables of this process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The program's own files and folders: neither read nor written by what is confined. */
  readonly own: readonly string[];
  /** How names are resolved and connections made and reported. */
  readonly network: Omit<NetworkProxyOptions, 'hosts' | 'listen'>;
  /** Default: looked for where systems keep it. */
  readonly program?: string;
  /** Default that of this process. */
  readonly architecture?: string;
}

const status = 3;
const filterAt = 4;
const bridgePlace = '/tmp/nootropic-bridge';
const socketPlace = '/tmp/nootropic-proxy.sock';

interface Found {
  readonly program: string;
  readonly find: string;
  readonly limits: string | undefined;
  readonly features: BwrapFeatures;
  readonly home: string;
}

/**
 * Confines programs by bubblewrap (https://github.com/containers/bubblewrap): everything is read-only but the root and private temporary folders,
 * home folders are empty but for what compilers need, there is no network but through a proxy of our own, and nothing outlives the program.
 */
export function createBwrapSandbox(options: BwrapSandboxOptions): Sandbox {
  const { own, network, architecture = process.arch } = options;
  const kept = new Map<string, number>();
  let found: Promise<Found> | undefined;
  return {
    kind: 'bubblewrap',
    async confine({ argv, root, cwd, env: variables, policy, limits: most, countable = false, signal }) {
      const { program, find, limits, features, home } = await (found ??= look(options));
      if (isWithin(home, root))
        throw new NootropicError(
          'SANDBOX_UNAVAILABLE',
          'The workspace holds your home folder, and cannot be confined.',
          {
            hint: 'Work in a folder of its own.',
          },
        );
      const confinement = await confinementOf(root);
      const writes = policy.writes !== false;
      const hosts = policy.hosts ?? [];
      const path = variables['PATH'] ?? '';
      const [reach, guard, above, owned, sockets] = await Promise.all([
        reachOf({ root, home, path, programs: [process.execPath] }),
        guardRoot({
          ...{ confinement, writes, holdFree: true, find, kept, readOnly: policy.readOnly ?? [] },
          ...(signal && { signal }),
        }),
        aboveOf(root, home, find),
        withKind(own),
        listeningSockets(),
      ]);
      const filter = callFilter(architecture, { countable });
      const way =
        hosts.length > 0
          ? await openWay({ ...network, hosts }).catch(async (error: unknown) => {
              await guard.release();
              throw error;
            })
          : undefined;
      const bridge = new URL(
        import.meta.url.endsWith('.ts') ? './network-bridge.ts' : './network-bridge.js',
        import.meta.url,
      );
      const bridgeTo = `${bridgePlace}${bridge.pathname.endsWith('.ts') ? '.mts' : '.mjs'}`;
      const nothing = openSync('/dev/null', 'r');
      const args = bwrapArguments({
        ...{ root, cwd, home, writes, reach, own: owned, features, status },
        ...(most?.memory !== undefined && { temporaryBytes: most.memory }),
        guard: {
          ...guard,
          repositories: [...guard.repositories, ...above.repositories],
          secrets: [...guard.secrets, ...above.secrets],
        },
        ...(above.folder !== undefined && { above: above.folder }),
        sockets: await existingSockets(sockets),
        shown: [
          ...(await Promise.all((policy.readable ?? []).map((path) => realpath(path)))).map((path) => ({
            ...{ from: path, to: path },
          })),
          ...(way
            ? [
                { from: await realpath(fileURLToPath(bridge)), to: bridgeTo },
                { from: way.socket, to: socketPlace },
              ]
            : []),
        ],
        ...(filter && { filter: filterAt }),
      });
      const inner = way ? [process.execPath, bridgeTo, socketPlace, ...argv] : argv;
      const held = most?.processes === undefined ? undefined : await taskLimit(tasksOf(most.processes), limits);
      const command: [string, ...string[]] = [program, ...args, ...((countable && held?.inner) || []), ...inner];
      let told = (): string => '';
      const confined: Confined = {
        argv: [
          ...(held?.outer ?? []),
          ...withLimits(command, limits, { fileBytes: most?.fileBytes, countable }),
        ] as unknown as Confined['argv'],
        env: {
          // npm keeps what it fetches before it installs it, and its own folder is not written.
          ...(way ? { npm_config_cache: '/tmp/npm-cache' } : {}),
          ...variables,
          HOME: home,
          TMPDIR: '/tmp',
          TMP: '/tmp',
          TEMP: '/tmp',
          ...(way ? { NODE_USE_ENV_PROXY: '1' } : {}),
        },
        stdio: ['pipe', filter ? 'pipe' : 'ignore', ...closing(nothing)],
        attach(child) {
          told = textOf(child.stdio[status] as Readable | null);
          const end = child.stdio[filterAt] as Writable | null | undefined;
          end?.on('error', () => undefined);
          if (filter) end?.end(filter);
        },
        init() {
          const pid = /"child-pid":\s*(\d+)/u.exec(told())?.[1];
          return pid === undefined ? undefined : Number(pid);
        },
        failure: ({ exitCode, stderr }) => failureOf(told(), exitCode, stderr),
        async release() {
          closeSync(nothing);
          await way?.close();
          await held?.release();
          return guard.release();
        },
      };
      return confined;
    },
  };
}

/** Of one process whose memory is limited. */
const mostDescriptors = 1024;

/** Processes and threads of one sandbox. The kernel does not count those of an administrator. */
const mostProcesses = 8192;

/** Never more than is allowed to this process already: only an administrator may raise that. */
function processLimit(): string[] {
  const held = /^Max processes\s+\S+\s+(\S+)/mu.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return held === 'unlimited' || Number(held) > mostProcesses ? [`--nproc=${mostProcesses}`] : [];
}

function withLimits(
  command: readonly [string, ...string[]],
  limits: string | undefined,
  { fileBytes, countable }: { readonly fileBytes: number | undefined; readonly countable: boolean },
): readonly [string, ...string[]] {
  if (limits !== undefined) {
    const files = fileBytes === undefined ? [] : [`--fsize=${fileBytes}`];
    // What the kernel holds for pipes and sockets is counted nowhere.
    const descriptors = countable ? [`--nofile=${mostDescriptors}`] : [];
    return [limits, '--core=0', ...processLimit(), ...descriptors, ...files, '--', ...command];
  }
  if (fileBytes === undefined) return command;
  // POSIX counts in blocks of 512 bytes.
  return ['/bin/sh', '-c', 'ulimit -f "$0" && exec "$@"', String(Math.ceil(fileBytes / 512)), ...command];
}

async function look({ root, env, program }: BwrapSandboxOptions): Promise<Found> {
  const where = { root, path: env['PATH'] ?? '' };
  const bwrap = program ?? (await systemProgram('bwrap', where));
  if (bwrap === undefined)
    throw new NootropicError('SANDBOX_UNAVAILABLE', 'The program bwrap is not installed.', {
      hint: 'Install the package `bubblewrap`.',
    });
  const find = await systemProgram('find', where);
  if (find === undefined) throw new NootropicError('SANDBOX_UNAVAILABLE', 'The program find is not installed.');
  const [version, state, home] = await Promise.all([
    versionOf(bwrap),
    stat(bwrap),
    realpath(env['HOME'] ?? homedir()).catch(() => homedir()),
  ]);
  return {
    ...{ program: bwrap, find, home },
    limits: await limitsProgram(where),
    features: bwrapFeatures(version, (state.mode & 0o4000) !== 0 && state.uid === 0),
  };
}

/**
 * `prlimit` of util-linux. Before Linux 5.14 the limit counts every process of the user, and not those of the sandbox.
 * https://github.com/torvalds/linux/commit/21d1c5e386bc751f1953b371d72cd5b7d9c9e270
 */
async function limitsProgram(where: { readonly root: string; readonly path: string }): Promise<string | undefined> {
  const release = (/^(\d+)\.(\d+)/u.exec(readFileSync('/proc/sys/kernel/osrelease', 'utf8')) ?? [])
    .slice(1)
    .map(Number);
  const [major = 0, minor = 0] = release;
  return major > 5 || (major === 5 && minor >= 14) ? systemProgram('prlimit', where) : undefined;
}

function versionOf(program: string): Promise<string> {
  return new Promise((give, reject) => {
    execFile(program, ['--version'], { env: {}, timeout: 5_000 }, (error, stdout) => {
      if (error)
        reject(
          new NootropicError('SANDBOX_UNAVAILABLE', `${program} cannot be run: ${error.message}`, { cause: error }),
        );
      else give(stdout);
    });
  });
}

/** The repository that the root is a part of can be read, but for its files with keys: its packages need each other. */
async function aboveOf(
  root: string,
  home: string,
  find: string,
): Promise<{ folder?: string; secrets: readonly string[]; repositories: readonly string[] }> {
  const folder = await repositoryAbove(root, home);
  if (folder === undefined) return { secrets: [], repositories: [] };
  const [{ secrets }, repository] = await Promise.all([scanFolder(folder, find), repositoryAt(join(folder, '.git'))]);
  const folders = repository ? await foldersOf(repository, folder) : [];
  return {
    folder,
    secrets: secrets.filter((path) => !isWithin(path, root)),
    repositories: folders.filter((path) => !isWithin(path, folder)),
  };
}

async function existingSockets(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const real = await realpath(path).catch(() => undefined);
      return real && (await stat(real).catch(() => undefined))?.isSocket() ? real : undefined;
    }),
  );
  return [...new Set(found.filter((path) => path !== undefined))];
}

async function openWay(options: Omit<NetworkProxyOptions, 'listen'>) {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'nootropic-net-'));
  const socket = join(folder, 's');
  const proxy = await startNetworkProxy({ ...options, listen: { path: socket } });
  return {
    socket,
    async close(): Promise<void> {
      await proxy.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Descriptors that this process was itself given, and that a program would get after it, are replaced by nothing. */
function closing(nothing: number): (number | 'ignore')[] {
  const open = readdirSync('/proc/self/fd')
    .map(Number)
    .filter((descriptor) => descriptor > filterAt && isInherited(descriptor));
  const last = Math.max(filterAt, ...open);
  return Array.from({ length: last - filterAt }, (_none, index) =>
    open.includes(filterAt + 1 + index) ? nothing : ('ignore' as const),
  );
}

const closeOnExec = 0o2000000;

function isInherited(descriptor: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)/mu.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    return false;
  }
}

/** bubblewrap reports an exit code only of a program that was started. */
function failureOf(told: string, exitCode: number | null, stderr: string): ReturnType<Confined['failure']> {
  const bridge = /^nootropic-bridge: cannot start .*: (.+)$/mu.exec(stderr)?.[1];
  if (bridge !== undefined && exitCode === 127) return { of: 'program', why: bridge };
  if (/"exit-code"/u.test(told) || exitCode === null || exitCode === 0) return undefined;
  const why = /^bwrap: (.+)$/mu.exec(stderr)?.[1] ?? `bubblewrap ended with ${exitCode}`;
  const program = /^execvp .*: (.+)$/u.exec(why)?.[1];
  return program === undefined ? { of: 'sandbox', why } : { of: 'program', why: program };
}
