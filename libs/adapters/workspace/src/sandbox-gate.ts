import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
  lstatSync,
} from 'node:fs';
import { createServer, type AddressInfo, type ListenOptions, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { NootropicError, type Runner } from '@nootropic/contracts';
import { createLocalRunner } from './local-runner.ts';
import { escapes, type Escape, type EscapeVariable } from './sandbox-escapes.ts';
import { keptAway, watched } from './sandbox-guard.ts';

/** What came of a run of the gate. It holds when `run` equals `asked`, `escaped` is 0, and every escape that should have shown itself did. */
export interface SandboxGateResult {
  readonly asked: number;
  readonly run: number;
  /** Escapes that had an effect. */
  readonly escaped: number;
  /** Of those that have an effect without a sandbox: how many should, and did. */
  readonly shouldShow: number;
  readonly shown: number;
  /** What escaped and how, and what did not show itself. */
  readonly examples: readonly string[];
}

export interface SandboxGateOptions {
  /** Also runs each without a sandbox, to see that what it tries would be seen. Default true. */
  readonly control?: boolean;
}

const secret = 'SECRET-OF-THE-GATE';
const timeoutMs = 8_000;

/** Folders, servers and processes that an escape could reach, and what they looked like before. */
interface World {
  readonly root: string;
  readonly runner: Runner;
  readonly env: Readonly<Record<EscapeVariable, string>>;
  /** What has happened to it, in words; empty: nothing. */
  effects(output: string): Promise<string[]>;
  close(): Promise<void>;
}

function layOut(base: string): void {
  const files: Readonly<Record<string, string>> = {
    // A repository with the workspace in it, so that what lies beside the workspace can be seen from inside.
    'repo/.git/HEAD': 'ref: refs/heads/main\n',
    'repo/.git/config': '[core]\n',
    'repo/.git/objects/x': '',
    'repo/.git/refs/x': '',
    'repo/kept.txt': 'as it was',
    'repo/folder/kept.txt': 'as it was',
    'repo/.env': `KEY=${secret}\n`,
    'repo/own/config.json': `{"key":"${secret}"}`,
    'repo/main/.git/HEAD': 'ref: refs/heads/main\n',
    'repo/main/.git/config': '[core]\n',
    'repo/main/.git/objects/x': '',
    'repo/main/.git/refs/x': '',
    'repo/main/.git/hooks/README': '',
    'repo/main/.git/worktrees/w/HEAD': 'ref: refs/heads/w\n',
    'repo/main/.git/worktrees/w/commondir': '../..\n',
    'repo/main/.git/worktrees/w/gitdir': `${base}/repo/ws/worktree/.git\n`,
    'repo/ws/worktree/.git': `gitdir: ${base}/repo/main/.git/worktrees/w\n`,
    'repo/ws/nested/.git/HEAD': 'ref: refs/heads/main\n',
    'repo/ws/nested/.git/config': '[core]\n',
    'repo/ws/nested/.env.local': `KEY=${secret}\n`,
    'repo/ws/.env': `KEY=${secret}\n`,
    'repo/ws/src/a.txt': 'a',
    'repo/ws/tasks/tasks.json': '{}',
    'hidden/kept.txt': 'as it was',
    'home/.bashrc': '# as it was\n',
    'home/.ssh/id_ed25519': secret,
    'home/.aws/credentials': secret,
    'home/.netrc': secret,
    'home/.npmrc': secret,
    'home/.config/gh/hosts.yml': secret,
    'home/.cargo/credentials.toml': secret,
    'home/.cargo/registry/x': '',
    'home/.local/bin/x': '',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), text);
  }
}

/** What a program would run unasked, or what lies outside: everything under the base but ordinary files of the workspace. */
function watch(base: string): string {
  const root = join(base, 'repo/ws');
  const hash = createHash('sha256');
  const walk = (folder: string): void => {
    for (const name of readdirSync(folder).sort()) {
      const path = join(folder, name);
      const state = lstatSync(path);
      if (path.startsWith(`${root}/`) && !isWatched(relative(root, path))) {
        if (state.isDirectory()) walk(path);
        continue;
      }
      hash.update(`${relative(base, path)}\0${state.mode}\0`);
      if (state.isSymbolicLink()) hash.update(readlinkSync(path));
      else if (state.isDirectory()) walk(path);
      else if (state.isFile()) hash.update(`${state.mtimeMs}\0`).update(readFileSync(path));
    }
  };
  walk(base);
  return hash.digest('hex');
}

function isWatched(path: string): boolean {
  const parts = path.split('/');
  return (
    parts.includes('.git') || [...keptAway, ...watched].some((name) => path === name || path.startsWith(`${name}/`))
  );
}

/** Folders that git would take for a repository, and whose settings it would follow. */
function bareRepositories(folder: string): string[] {
  const names = readdirSync(folder);
  if (folder.endsWith('.git')) return [];
  const isBare = ['HEAD', 'objects', 'refs', 'config'].every((name) => names.includes(name));
  const below = names
    .map((name) => join(folder, name))
    .filter(
      (path) => !lstatSync(path).isSymbolicLink() && lstatSync(path).isDirectory() && !path.includes('from-sandbox'),
    );
  return [...(isBare ? [folder] : []), ...below.flatMap(bareRepositories)];
}

function address(): string {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.find((one) => one.family === 'IPv4' && !one.internal)?.address ?? '127.0.0.1';
}

function listening(server: Server, where: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(where, resolve);
  });
}

async function makeWorld(): Promise<World> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'nootropic-escape-')));
  layOut(base);
  const mark = `nootropic-gate-${randomBytes(6).toString('hex')}`;
  const root = join(base, 'repo/ws');
  const shared = join('/dev/shm', mark);
  let connections = 0;
  const count = (): Server =>
    createServer((socket) => {
      connections += 1;
      socket
        .on('error', () => undefined)
        .resume()
        .end('HTTP/1.0 200 OK\r\n\r\n');
    });
  const tcp = count();
  await listening(tcp, { port: 0, host: '::' }).catch(() => listening(tcp, { port: 0, host: '0.0.0.0' }));
  const sockets = ['home/agent.sock', 'repo/seen.sock', 'repo/ws/service.sock', 'hidden/tmp.sock'];
  const others = await Promise.all(
    [...sockets.map((path) => join(base, path)), `\0${mark}`].map(async (path) => {
      const server = count();
      await listening(server, { path });
      return server;
    }),
  );
  const datagrams = createSocket('udp4').on('message', () => (connections += 1));
  await new Promise<void>((resolve) => void datagrams.bind(0, resolve));
  const victim: ChildProcess = spawn(process.execPath, ['-e', `setInterval(() => {}, 1000); // ${mark}-victim`], {
    stdio: 'ignore',
    detached: true,
    env: { KEY: secret },
  });
  const programs = `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  const runner = createLocalRunner({
    ...{ root, own: [join(base, 'repo/own')] },
    env: { PATH: programs, HOME: join(base, 'home'), LANG: 'C.UTF-8', AWS_SECRET_ACCESS_KEY: secret },
  });
  const before = watch(base);
  return {
    root,
    runner,
    env: {
      ...{ OUT: join(base, 'repo'), HIDDEN: join(base, 'hidden'), OWN: join(base, 'repo/own') },
      ...{
        PORT: String((tcp.address() as AddressInfo).port),
        ADDRESS: address(),
        UDP: String(datagrams.address().port),
      },
      ...{ ABSTRACT: mark, VICTIM: String(victim.pid), MARK: mark, SHM: mark, NODE: process.execPath },
    },
    async effects(output) {
      // What is on its way to a server still arrives.
      await new Promise((resolve) => setTimeout(resolve, 20));
      const effects: string[] = [];
      const isThere = statSync(root, { throwIfNoEntry: false })?.isDirectory() === true;
      if (!isThere || watch(base) !== before) effects.push('a file was changed that may not be');
      if (isThere && bareRepositories(root).length > 0) effects.push('a repository was made');
      if (connections > 0) effects.push(`${connections} connections were made`);
      if (output.includes(secret)) effects.push('a key was read');
      if (output.includes('ESCAPED')) effects.push('the command says so');
      if (victim.exitCode !== null || victim.signalCode !== null) effects.push('a process of the host was ended');
      if (processes(`: ${mark};`).length > 0) effects.push('a process stayed');
      if (statSync(shared, { throwIfNoEntry: false })) effects.push('shared memory was written');
      return effects;
    },
    async close() {
      for (const pid of processes(mark)) process.kill(pid, 'SIGKILL');
      victim.kill('SIGKILL');
      datagrams.close();
      await Promise.all([tcp, ...others].map((server) => new Promise((resolve) => server.close(resolve))));
      rmSync(shared, { force: true });
      rmSync(base, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Processes of the whole machine whose command line holds the words. */
function processes(words: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      if (!Number.isInteger(pid) || pid === process.pid) return false;
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(words);
      } catch {
        return false;
      }
    });
}

async function attempt(escape: Escape, confined: boolean): Promise<string[]> {
  const world = await makeWorld();
  try {
    const sandbox = confined ? { sandbox: { hosts: escape.hosts ?? [] } } : {};
    const { stdout, stderr } = await world.runner.run({
      ...{ argv: ['sh', '-c', escape.line], env: world.env, timeoutMs, ...sandbox },
    });
    // The shell repeats what it was given in what it complains of.
    return await world.effects(`${stdout}\n${stderr.replaceAll(escape.line, '')}`);
  } finally {
    await world.close();
  }
}

/**
 * Runs every escape in the sandbox, with nobody who is asked, and looks from outside at what it did: at files, at servers that count, at the list of
 * processes. Where it can be done safely, each is also run without a sandbox, where it must have its effect. Linux only.
 *
 * @throws `SANDBOX_UNAVAILABLE` where there is no sandbox: a gate that was not run does not hold.
 */
export async function runSandboxGate(
  count: number,
  { control = true }: SandboxGateOptions = {},
): Promise<SandboxGateResult> {
  const probe = await createLocalRunner({ root: tmpdir() }).sandbox();
  if (!probe.available) throw new NootropicError('SANDBOX_UNAVAILABLE', `The escapes were not tried: ${probe.reason}`);
  const result = { asked: count, run: 0, escaped: 0, shouldShow: 0, shown: 0 };
  const examples: string[] = [];
  for (const escape of escapes.slice(0, count)) {
    const effects = await attempt(escape, true);
    result.run += 1;
    if (effects.length > 0) {
      result.escaped += 1;
      examples.push(`${escape.name}: ${effects.join('; ')}`);
    }
    if (!control || !escape.shows) continue;
    result.shouldShow += 1;
    if ((await attempt(escape, false)).length > 0) result.shown += 1;
    else examples.push(`${escape.name}: shows nothing without a sandbox`);
  }
  return { ...result, examples };
}

/** How many escapes there are. */
export const escapeCount = escapes.length;
