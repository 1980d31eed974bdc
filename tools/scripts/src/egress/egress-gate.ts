import { execFile } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { EgressRow } from '@nootropic/contracts';
import { waysOut } from '@nootropic/observability';
import { kernelTargets } from './kernel-targets.ts';

/** What came of a run of the gate. It holds when `run` equals `asked`, nothing is in `unseen`, `invented` and `let out`, and `alive` is above 0. */
export interface EgressGateResult {
  readonly asked: number;
  readonly run: number;
  /** What the kernel saw leave and the ledger did not. */
  readonly unseen: readonly string[];
  /** What the ledger holds and the kernel did not see. */
  readonly invented: readonly string[];
  /** What left though nothing may, or was not recorded as refused. */
  readonly letOut: readonly string[];
  /** Ways out that were really gone, so that a machine on which nothing is tried does not hold. */
  readonly alive: number;
  /** Steps of the session that were really done. */
  readonly steps: number;
}

/** What the child does, and what it says when it is done. */
export type EgressChildMode = 'session' | 'ways' | 'offline-session' | 'offline-ways';
export interface EgressChildReport {
  readonly rows: readonly EgressRow[];
  readonly steps: readonly string[];
  readonly faults: readonly string[];
}

const ways = Object.entries(waysOut);
/** Each way out twice, with and without leave, and two sessions. */
export const egressCaseCount = 2 * ways.length + 2;

/** For documentation only, routed nowhere: https://www.rfc-editor.org/rfc/rfc5737. One for each way, to tell them apart. */
export function targetOf(nth: number): string {
  return ways[nth]?.[1].target === 'name' ? `way${nth}.invalid` : `192.0.2.${10 + nth}`;
}

/**
 * Runs the program under `strace`, and holds what the kernel saw against what the ledger says: in a session of daily work, in which both must be
 * empty, and with every way that Node.js has to reach a network. Both with leave, and with `network.offline`, where the kernel may see nothing.
 * In a network namespace of its own where the system allows one, so that nothing is really sent.
 *
 * @throws where `strace` is not there, or may not trace.
 */
export async function runEgressGate(count: number, seed: number): Promise<EgressGateResult> {
  const unseen: string[] = [];
  const invented: string[] = [];
  const letOut: string[] = [];
  let alive = 0;
  let run = 0;
  const cases = shuffled(egressCaseCount, seed).slice(0, count);
  const wanted = (from: number): readonly number[] =>
    cases.filter((at) => at >= from && at < from + ways.length).map((at) => at - from);

  const open = wanted(0);
  if (open.length > 0) {
    const { kernel, report } = await trace('ways', open);
    for (const nth of open) {
      run += 1;
      const name = `${ways[nth]?.[0]} to ${targetOf(nth)}`;
      const row = report.rows.find(({ host }) => isTarget(host, nth));
      const isName = ways[nth]?.[1].target === 'name';
      const seen = isName ? kernel.nameServers > 0 : kernel.addresses.has(targetOf(nth));
      if (seen && (row === undefined || row.refused > 0)) unseen.push(name);
      // A resolver that is on this machine is asked over the loopback: the question leaves, and the kernel does not tell.
      if (!seen && row !== undefined && !isName) invented.push(name);
      if (seen || isName) alive += 1;
    }
    for (const address of kernel.addresses)
      if (!report.rows.some(({ host }) => host === address)) unseen.push(`a connection to ${address}`);
  }
  const closed = wanted(ways.length);
  if (closed.length > 0) {
    const { kernel, report } = await trace('offline-ways', closed);
    for (const nth of closed) {
      run += 1;
      const row = report.rows.find(({ host }) => isTarget(host, nth));
      if (row?.refused !== row?.connections || row === undefined) letOut.push(`${ways[nth]?.[0]} to ${targetOf(nth)}`);
    }
    for (const address of kernel.addresses) letOut.push(`a connection to ${address}`);
    if (kernel.nameServers > 0) letOut.push('a question to a name server');
  }
  let steps = 0;
  for (const [at, mode] of [
    [2 * ways.length, 'session'],
    [2 * ways.length + 1, 'offline-session'],
  ] as const) {
    if (!cases.includes(at)) continue;
    run += 1;
    const { kernel, report } = await trace(mode, []);
    steps += report.steps.length;
    for (const address of kernel.addresses) unseen.push(`${mode}: a connection to ${address}`);
    if (kernel.nameServers > 0) unseen.push(`${mode}: a question to a name server`);
    for (const { host, cause } of report.rows) invented.push(`${mode}: ${host} (${cause})`);
    for (const fault of report.faults) letOut.push(`${mode}: ${fault}`);
  }
  return { asked: count, run, unseen, invented, letOut, alive, steps };
}

function isTarget(host: string, nth: number): boolean {
  return host === targetOf(nth) || host === `${targetOf(nth)} (look-up)`;
}

async function trace(
  mode: EgressChildMode,
  which: readonly number[],
): Promise<{ readonly kernel: ReturnType<typeof kernelTargets>; readonly report: EgressChildReport }> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-egress-')));
  try {
    const log = join(dir, 'strace');
    const report = join(dir, 'report.json');
    const child = fileURLToPath(new URL('egress-gate-child.ts', import.meta.url));
    const traced = ['strace', '-f', '-q', '-e', 'trace=network', '-o', log];
    // A session needs the loopback, which is down in a new namespace; it sends nothing anyway.
    const apart = mode.endsWith('ways') && (await mayUnshare()) ? ['unshare', '-rn'] : [];
    const [program = '', ...args] = [...apart, ...traced, process.execPath, child, mode, dir, report, which.join(',')];
    await promisify(execFile)(program, args, { maxBuffer: 2 ** 26, timeout: 300_000 });
    return {
      kernel: kernelTargets(await readFile(log, 'utf8')),
      report: JSON.parse(await readFile(report, 'utf8')) as EgressChildReport,
    };
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function mayUnshare(): Promise<boolean> {
  return promisify(execFile)('unshare', ['-rn', 'true']).then(
    () => true,
    () => false,
  );
}

/** The numbers below `count` in an order that the seed decides. */
function shuffled(count: number, seed: number): readonly number[] {
  return Array.from({ length: count }, (_, n) => n).toSorted(
    (a, b) => ((a * 7919 + seed * 104_729) % 1_009) - ((b * 7919 + seed * 104_729) % 1_009),
  );
}
