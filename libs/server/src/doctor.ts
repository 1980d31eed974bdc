import { constants } from 'node:fs';
import { access, mkdir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  NootropicError,
  type Assistant,
  type Config,
  type DoctorCheck,
  type Knowledge,
  type Machine,
  type Runner,
  type SessionLog,
} from '@nootropic/contracts';
import type { Models } from '@nootropic/core';
import { checkKeys, checkNetwork, checkPlan, checkProviders, checkStates } from './doctor-models.ts';
import { gigabytes, ok, type Finding } from './finding.ts';
import { displayPath, type Paths } from './paths.ts';

export interface Examined {
  readonly paths: Paths;
  readonly config: Config;
  readonly machine: Machine;
  readonly models: Pick<Models, 'choose' | 'ways'>;
  /** What is asked of models and keys goes through the front door, as it does for everybody. */
  readonly assistant: {
    readonly models: Pick<Assistant['models'], 'plan' | 'ps'>;
    readonly keys: Pick<Assistant['keys'], 'list'>;
  };
  readonly sessions: Pick<SessionLog, 'list'>;
  readonly runner: Pick<Runner, 'run' | 'sandbox'>;
  readonly env: NodeJS.ProcessEnv;
  readonly knowledge: () => Promise<Pick<Knowledge, 'stats'>>;
}

const lowDiskBytes = 2e9;
const lowMemoryBytes = 2e9;

/**
 * Every check runs, whatever the others found; a check that fails is a `problem`, never a throw. Nothing here leaves the machine,
 * loads a model or takes longer than reading some files.
 */
export async function examine(parts: Examined): Promise<DoctorCheck[]> {
  const checks: readonly [name: string, check: () => Promise<Finding>][] = [
    ['runtime', () => runtime()],
    ['files', () => files(parts)],
    ['disk', () => disk(parts)],
    ['sessions', () => sessionsKept(parts)],
    ['memory', () => memory(parts)],
    ['gpu', () => gpu(parts)],
    ['model', () => model(parts)],
    ['plan', () => checkPlan(parts)],
    ['states', () => checkStates(parts)],
    ['providers', () => checkProviders(parts)],
    ['keys', () => checkKeys(parts)],
    ['network', () => checkNetwork(parts)],
    ['index', () => index(parts)],
    ['sandbox', () => sandbox(parts)],
    ['git', () => program(parts, ['git', '--version'], 'Install git: answers about history need it.')],
  ];
  return Promise.all(
    checks.map(async ([name, check]) => {
      try {
        return { name, ...(await check()) };
      } catch (cause) {
        const error = NootropicError.from(cause);
        return { name, state: 'problem' as const, detail: error.message, hint: error.hint };
      }
    }),
  );
}

async function runtime() {
  return ok(`Node ${process.versions.node} on ${process.platform} ${process.arch}`);
}

async function files({ paths, env }: Examined) {
  const folder = dirname(paths.sessions);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await access(folder, constants.W_OK);
  return ok(
    `${displayPath(folder)}${env['NOOTROPIC_HOME'] ? ' (NOOTROPIC_HOME)' : ''}; configuration in ${displayPath(paths.config)}`,
  );
}

async function disk({ paths }: Examined) {
  const { bavail, bsize } = await statfs(await nearestFolder(dirname(paths.sessions)));
  const free = bavail * bsize;
  const detail = `${gigabytes(free)} free`;
  return free < lowDiskBytes
    ? { state: 'problem' as const, detail, hint: 'Free some space: sessions and indexes need it.' }
    : ok(detail);
}

/** A folder, or the nearest above it that is there: nothing may have been written yet. */
async function nearestFolder(path: string): Promise<string> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  return isThere || dirname(path) === path ? path : nearestFolder(dirname(path));
}

async function sessionsKept({ sessions }: Examined) {
  const { length } = await sessions.list();
  return ok(length === 1 ? '1 session' : `${length} sessions`);
}

async function memory({ machine }: Examined) {
  const state = await machine.read();
  const detail = `${gigabytes(state.memoryAvailable)} of ${gigabytes(state.memoryTotal)} available, ${state.cores} cores, power: ${state.power}`;
  return state.memoryAvailable < lowMemoryBytes
    ? { state: 'note' as const, detail, hint: 'Close other programs before loading a model.' }
    : ok(detail);
}

async function gpu({ machine, config }: Examined) {
  const found = (await machine.read()).devices.filter((device) => device.kind === 'gpu');
  if (found.length === 0) return ok('none seen: models compute on the processor');
  const names = found.map(({ name, memoryTotal, memoryFree }) =>
    memoryTotal > 0 ? `${name} (${gigabytes(memoryFree)} of ${gigabytes(memoryTotal)} free)` : name,
  );
  const detail = names.join(', ');
  return config.models.gpu === 'off'
    ? { state: 'note' as const, detail: `${detail}; not used`, hint: 'models.gpu is off.' }
    : ok(detail);
}

async function model({ models }: Examined) {
  const chosen = await models.choose();
  if (chosen.ref !== 'none') return ok(`${chosen.ref} (${chosen.reason})`);
  const ways = await models.ways();
  return {
    state: 'note' as const,
    detail: 'No language model: answers are the passages that match best.',
    hint: `For written answers: ${ways[0]}`,
  };
}

async function index({ knowledge, config }: Examined) {
  const stats = await (await knowledge()).stats();
  if (stats.files === 0)
    return {
      state: 'note' as const,
      detail: 'This workspace is not indexed yet.',
      hint: 'The first question does it, or `nootropic index`.',
    };
  return ok(
    `${stats.files} files, ${stats.chunks} chunks, ${stats.symbols} symbols, ${gigabytes(stats.bytes)}; vectors: ${stats.vectorStore} (index.vectors: ${config.index.vectors})`,
  );
}

async function sandbox({ runner }: Examined) {
  const { available, kind, reason = 'no reason is known' } = await runner.sandbox();
  if (available) return ok(`Commands of the agent are confined by ${kind}.`);
  const hint =
    process.platform === 'linux'
      ? 'Install `bubblewrap`; where it is installed, the system must permit user namespaces. Until then every command is asked for.'
      : 'Every command of the agent is asked for.';
  return { state: 'note' as const, detail: `Commands of the agent cannot be confined: ${reason}.`, hint };
}

async function program({ runner }: Examined, argv: readonly [string, ...string[]], hint: string) {
  try {
    const { stdout } = await runner.run({ argv, timeoutMs: 5_000 });
    return ok(stdout.trim().split('\n')[0] ?? '');
  } catch {
    return { state: 'note' as const, detail: `${argv[0]} is not installed.`, hint };
  }
}
