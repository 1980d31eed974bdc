import { NootropicError, type WorkClass } from '@nootropic/contracts';
import { classDeadlines } from '@nootropic/scheduler';
import { quantile } from './paired-ratio.ts';
import { createVirtualTime } from './scheduler-clock.ts';
import type { MachineProfile } from './scheduler-machine.ts';
import { createServingPolicy, type PolicyName } from './scheduler-policies.ts';
import type { Trace, TracedCall, TracedChain } from './scheduler-trace.ts';

export interface ClassResult {
  readonly workClass: WorkClass;
  readonly calls: number;
  /** Milliseconds to the first token of those that somebody waited for; who gave up counts with the time until then. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Share of first tokens within 1.5 times what the call takes alone, of those that somebody waited for. */
  readonly metAlone: number;
  /** Share within the class's own deadline; of calls that were replaced, those that were wanted for as long as that. */
  readonly metClass: number;
  readonly refused: number;
  /** Time that the calls take alone over the time that they took, first token to first token: 1 is as fast as alone. */
  readonly speed: number;
}

export interface SimulationResult {
  readonly policy: PolicyName;
  readonly classes: readonly ClassResult[];
  readonly loads: { readonly count: number; readonly seconds: number; readonly twiceAtOnce: number };
  readonly hours: number;
  /** Milliseconds to the first token, by client, of those that somebody waited for. */
  readonly firstTokens: ReadonlyMap<string, readonly number[]>;
  /** The same of every call that came to its first token, by call. */
  readonly untilFirst: ReadonlyMap<string, number>;
  /** Milliseconds of computing, by client. */
  readonly computing: ReadonlyMap<string, number>;
}

interface Served {
  readonly call: TracedCall;
  readonly at: number;
  readonly aloneMs: number | undefined;
  firstAt: number | undefined;
  endedAt: number | undefined;
  refused: boolean;
}

export interface SimulationOptions {
  readonly profile: MachineProfile;
  /** Nothing new begins after so many milliseconds. */
  readonly until?: number;
  /** Milliseconds to the first token of each call where nothing else runs; see `playAlone`. */
  readonly alone?: ReadonlyMap<string, number>;
}

/**
 * What each call takes where the machine does nothing but the calls of its class, under our own policy: milliseconds to the first token, by call.
 */
export async function playAlone(trace: Trace, how: SimulationOptions): Promise<ReadonlyMap<string, number>> {
  const alone = new Map<string, number>();
  const classes = new Set(trace.chains.map((chain) => chain.calls[0]?.call.workClass));
  for (const workClass of classes) {
    const chains = trace.chains.filter((chain) => chain.calls[0]?.call.workClass === workClass);
    const result = await simulate({ ...trace, chains, busy: [] }, 'nootropic', how);
    for (const [id, milliseconds] of result.untilFirst) alone.set(id, milliseconds);
  }
  return alone;
}

/** Plays a trace on a machine under a policy, in virtual time. */
export async function simulate(
  trace: Trace,
  policyName: PolicyName,
  how: SimulationOptions,
): Promise<SimulationResult> {
  const { profile, until = Infinity, alone } = how;
  const time = createVirtualTime();
  const calls = new Map(trace.chains.flatMap((chain) => chain.calls.map(({ call }) => [call.id, call] as const)));
  const records = new Map<string, Served>();
  const computing = new Map<string, number>();
  const policy = createServingPolicy(policyName, {
    time,
    trace,
    profile,
    calls,
    served: {
      computing,
      firstToken: (id) => {
        const record = records.get(id);
        if (record !== undefined) record.firstAt ??= time.now();
      },
    },
  });

  const play = async (call: TracedCall): Promise<void> => {
    const record: Served = {
      call,
      at: time.now(),
      aloneMs: alone?.get(call.id),
      firstAt: undefined,
      endedAt: undefined,
      refused: false,
    };
    records.set(call.id, record);
    const abort = new AbortController();
    const cancel = time.timer(() => abort.abort(), call.wantedMs);
    try {
      await policy.serve(call, abort.signal);
    } catch (error) {
      const refused = NootropicError.is(error) && ['QUEUE_FULL', 'MODEL_TOO_LARGE'].includes(error.code);
      if (!refused && !abort.signal.aborted) throw error;
      record.refused = refused;
    }
    cancel();
    record.endedAt = time.now();
  };

  const failures: unknown[] = [];
  const playChain = async ({ at, overlap, calls: list }: TracedChain): Promise<void> => {
    await time.sleep(at);
    const under: Promise<void>[] = [];
    for (const { gapMs, call } of list) {
      await time.sleep(gapMs);
      if (time.now() >= until) break;
      const played = play(call);
      if (overlap) under.push(played);
      else await played;
    }
    await Promise.all(under);
  };

  const chains = trace.chains.map((chain) => playChain(chain).catch((error: unknown) => void failures.push(error)));
  await time.run();
  const hours = time.now() / 3_600_000;
  if (failures.length > 0) throw failures[0];
  const unfinished = await Promise.race([
    Promise.all(chains).then(() => 0),
    new Promise<number>((r) => setImmediate(() => r(1))),
  ]);
  if (unfinished > 0) throw new Error(`${policyName} left calls that never ended.`);
  await policy.end();
  return {
    policy: policyName,
    classes: (['completion', 'chat', 'agent', 'embed', 'batch'] as const)
      .map((workClass) => summary(workClass, [...records.values()]))
      .filter((row) => row.calls > 0),
    loads: policy.loads(),
    hours,
    firstTokens: firstTokensByClient([...records.values()]),
    untilFirst: new Map(
      [...records.values()]
        .filter(({ firstAt }) => firstAt !== undefined)
        .map((served) => [served.call.id, untilFirst(served)]),
    ),
    computing,
  };
}

const untilFirst = ({ call, at, firstAt }: Served): number => (firstAt === undefined ? call.wantedMs : firstAt - at);

function summary(workClass: WorkClass, all: readonly Served[]): ClassResult {
  const own = all.filter(({ call }) => call.workClass === workClass);
  const waitedFor = own.filter(({ call, refused }) => !call.replaced && !refused);
  const times = waitedFor.map(untilFirst);
  const met = (deadline: (served: Served) => number | undefined): number => {
    let judged = 0;
    let hits = 0;
    for (const served of own) {
      const limit = deadline(served);
      // A keystroke that came before the deadline says nothing about it, unless the answer was there first.
      if (limit === undefined || (served.call.replaced && served.firstAt === undefined && served.call.wantedMs < limit))
        continue;
      judged += 1;
      if (served.firstAt !== undefined && untilFirst(served) <= limit) hits += 1;
    }
    return judged === 0 ? Number.NaN : hits / judged;
  };
  const ended = waitedFor.filter(({ firstAt, aloneMs }) => firstAt !== undefined && aloneMs !== undefined);
  return {
    workClass,
    calls: own.length,
    p50: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    p99: quantile(times, 0.99),
    metAlone: met(({ call, aloneMs }) => (call.replaced || aloneMs === undefined ? undefined : aloneMs * 1.5)),
    metClass: met(() => classDeadlines[workClass]),
    refused: own.filter(({ refused }) => refused).length,
    speed:
      ended.reduce((sum, { aloneMs = 0 }) => sum + aloneMs, 0) /
      Math.max(
        1,
        ended.reduce((sum, served) => sum + untilFirst(served), 0),
      ),
  };
}

function firstTokensByClient(all: readonly Served[]): ReadonlyMap<string, readonly number[]> {
  const byClient = new Map<string, number[]>();
  for (const served of all) {
    if (served.call.replaced || served.refused) continue;
    const list = byClient.get(served.call.client) ?? [];
    list.push(untilFirst(served));
    byClient.set(served.call.client, list);
  }
  return byClient;
}
