import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type ListenOptions, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import {
  configSchema,
  NootropicError,
  type Assistant,
  type ExecuteEvent,
  type ExecuteLanguage,
} from '@nootropic/contracts';
import { createExecute } from '@nootropic/core';
import { createExecutePlace } from '@nootropic/server';

/** What came of a run of the gate. It holds when `run` equals `asked`, `failed` is 0, and `shown` equals `shouldShow`. */
export interface ExecuteGateResult {
  readonly asked: number;
  readonly run: number;
  /** Programs that had an effect, ended in another way than they must, or later than a second after their time. */
  readonly failed: number;
  /** Programs for whose language there is nothing on this machine; they count as failed. */
  readonly missing: number;
  /** Of those that have an effect without a sandbox: how many should, and did. */
  readonly shouldShow: number;
  readonly shown: number;
  /** The longest that this process stood still, in milliseconds. */
  readonly longestStallMs: number;
  readonly examples: readonly string[];
}

interface HostileProgram {
  readonly name: string;
  readonly language: ExecuteLanguage;
  readonly code: readonly string[];
  /** How it may end. Default `exit` and `signal`. */
  readonly reasons?: readonly string[];
  /** Run without a sandbox it does what it tries to, in folders made for it. */
  readonly shows?: true;
}

const secret = 'SECRET-OF-THE-GATE';
const limits = { seconds: 4, memoryMebibytes: 256, processes: 32, outputBytes: 100_000 };
/** What may pass between the end of its time and the last event. */
const lateMs = 1000;

/** Folders, servers and a process that a program could reach. */
interface World {
  readonly names: Readonly<Record<string, string>>;
  readonly base: string;
  effects(output: string): Promise<string[]>;
  close(): Promise<void>;
}

const kept = { out: 'as it was', home: `machine example.org password ${secret}` };

function listening(server: Server, where: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(where, resolve);
  });
}

async function makeWorld(): Promise<World> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'nootropic-hostile-')));
  const files: Readonly<Record<string, string>> = {
    'out/kept.txt': kept.out,
    'home/.ssh/id_ed25519': secret,
    'home/.aws/credentials': secret,
    'home/.netrc': kept.home,
    'home/.npmrc': secret,
    'work/x': '',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), text);
  }
  const mark = `nootropic-hostile-${randomBytes(6).toString('hex')}`;
  let connections = 0;
  const count = (): Server =>
    createServer((socket) => {
      connections += 1;
      socket
        .on('error', () => undefined)
        .resume()
        .end();
    });
  const servers = [count(), count(), count()] as const;
  await listening(servers[0], { port: 0, host: '::' }).catch(() =>
    listening(servers[0], { port: 0, host: '127.0.0.1' }),
  );
  await listening(servers[1], { path: join(base, 'home/agent.sock') });
  await listening(servers[2], { path: `\0${mark}` });
  const datagrams = createSocket('udp4').on('message', () => (connections += 1));
  await new Promise<void>((resolve) => void datagrams.bind(0, '127.0.0.1', resolve));
  const victim: ChildProcess = spawn(process.execPath, ['-e', `setInterval(() => {}, 1000); // ${mark}-victim`], {
    ...{ stdio: 'ignore', detached: true, env: { KEY: secret } },
  });
  return {
    base,
    names: {
      ...{ OUT: join(base, 'out'), HOME: join(base, 'home'), SOCKET: join(base, 'home/agent.sock') },
      ...{ PORT: String((servers[0].address() as AddressInfo).port), UDP: String(datagrams.address().port) },
      ...{ ABSTRACT: mark, MARK: mark, VICTIM: String(victim.pid), NODE: process.execPath, NEEDLE: secret.slice(0, 6) },
    },
    async effects(output) {
      // What is on its way to a server still arrives.
      await new Promise((resolve) => setTimeout(resolve, 30));
      const effects: string[] = [];
      const read = (path: string): string => {
        try {
          return readFileSync(join(base, path), 'utf8');
        } catch {
          return '';
        }
      };
      if (
        read('out/kept.txt') !== kept.out ||
        readdirSync(base).length !== 3 ||
        readdirSync(join(base, 'out')).length !== 1
      )
        effects.push('something outside was changed');
      else if (read('home/.netrc') !== kept.home) effects.push('the home folder was changed');
      if (connections > 0) effects.push(`${connections} connections were made`);
      if (output.includes(secret)) effects.push('a key was read');
      if (output.includes('ESCAPED')) effects.push(`it says so: ${/ESCAPED.*/u.exec(output)?.[0]}`);
      if (victim.exitCode !== null || victim.signalCode !== null) effects.push('a process of the host was ended');
      if (processes(`: ${mark};`).length > 0) effects.push('a process stayed');
      return effects;
    },
    async close() {
      for (const pid of processes(mark)) process.kill(pid, 'SIGKILL');
      victim.kill('SIGKILL');
      datagrams.close();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
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
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').includes(words);
      } catch {
        return false;
      }
    });
}

const filled = ({ code }: HostileProgram, names: World['names']): string =>
  code.join('\n').replace(/@([A-Z]+)@/gu, (all, name: string) => names[name] ?? all);

async function attempt(execute: Assistant['execute'], program: HostileProgram): Promise<string[]> {
  const world = await makeWorld();
  try {
    const startedAt = performance.now();
    let output = '';
    let end: Extract<ExecuteEvent, { type: 'end' }> | undefined;
    const code = filled(program, world.names);
    for await (const event of await execute.run({ language: program.language, code, limits })) {
      if (event.type === 'output') output += event.text;
      if (event.type === 'end') end = event;
    }
    const tookMs = performance.now() - startedAt;
    const { reasons = ['exit', 'signal'] } = program;
    return [
      ...(await world.effects(output)),
      ...(tookMs > limits.seconds * 1000 + lateMs ? [`it ended after ${Math.round(tookMs)} ms`] : []),
      ...(end && reasons.includes(end.reason) ? [] : [`it ended by ${end?.reason}: ${output.slice(-300)}`]),
      ...(output.length > 2 * limits.outputBytes ? [`${output.length} characters of output were kept`] : []),
    ];
  } finally {
    await world.close();
  }
}

/** The same program with nothing around it; only for such as are harmless then. */
async function control(program: HostileProgram): Promise<string[]> {
  const world = await makeWorld();
  try {
    const words = { python: ['python3', '-c'], javascript: [process.execPath, '-e'], bash: ['bash', '-c'] };
    const [command, option] = words[program.language as keyof typeof words] ?? [];
    if (command === undefined || option === undefined) return [];
    const cwd = join(world.base, 'work');
    const child = spawn(command, [option, filled(program, world.names)], {
      ...{ cwd, timeout: 3000, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    let output = '';
    child.stdout?.on('data', (chunk) => (output += String(chunk)));
    // A process that stays may hold the pipes.
    await new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
    return await world.effects(output);
  } finally {
    await world.close();
  }
}

const { programs: hostilePrograms } = JSON.parse(
  readFileSync(new URL('execute-gate.json', import.meta.url), 'utf8'),
) as { readonly programs: readonly HostileProgram[] };

/** How many programs there are. */
export const hostileProgramCount = hostilePrograms.length;

/**
 * Runs hostile programs as anybody's are run who asks for `execute`, and looks from outside at what they did. Those that do something without a
 * sandbox, and nothing that would hurt, are also run without one. Linux only. `every`: of the programs each so many-th, for a slice of all kinds.
 *
 * @throws `SANDBOX_UNAVAILABLE` where there is no sandbox: a gate that was not run does not hold.
 */
export async function runExecuteGate(
  count: number,
  options: { readonly every?: number; readonly control?: boolean } = {},
): Promise<ExecuteGateResult> {
  const { every = 1, control: controlled = true } = options;
  const programs = hostilePrograms.filter((_program, index) => index % every === 0).slice(0, count);
  const place = createExecutePlace({
    ...{ env: process.env, own: [] },
    workspaceRunner: () => Promise.reject(new NootropicError('NOT_FOUND')),
  });
  const execute = createExecute({
    ...place.ports,
    config: configSchema.parse({}).execute,
    ...{ now: Date.now, newId: () => crypto.randomUUID() },
  });
  const examples: string[] = [];
  const sums = { run: 0, failed: 0, missing: 0, shouldShow: 0, shown: 0 };
  // The programs of the languages are looked for before anything is measured.
  await execute.languages();
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  try {
    for (const program of programs) {
      const effects = await attempt(execute, program).catch((cause: unknown) => {
        const error = NootropicError.from(cause);
        if (error.code === 'LANGUAGE_MISSING') sums.missing += 1;
        return [`${error.code}: ${error.message}`];
      });
      sums.run += 1;
      if (effects.length > 0) {
        sums.failed += 1;
        examples.push(`${program.name}: ${effects.join('; ')}`);
      }
      if (!controlled || !program.shows) continue;
      sums.shouldShow += 1;
      if ((await control(program)).length > 0) sums.shown += 1;
      else examples.push(`${program.name}: shows nothing without a sandbox`);
    }
  } finally {
    delay.disable();
    await place[Symbol.asyncDispose]();
  }
  return { asked: count, ...sums, longestStallMs: Math.round(delay.max / 1e6), examples };
}
