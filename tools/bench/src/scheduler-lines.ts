import { createSeededRandom } from '@nootropic/testing';
import type { BenchContext, BenchLine, BenchRow } from './bench-line.ts';
import { quantile, ratioOf, type MeasuredPair } from './paired-ratio.ts';
import { dueShares, fairnessTrace, greedyClients, jainIndex, lightClient } from './scheduler-fairness.ts';
import { laptop, slowLaptop, type MachineProfile } from './scheduler-machine.ts';
import { policyNames, type PolicyName } from './scheduler-policies.ts';
import { playAlone, simulate, type ClassResult, type SimulationResult } from './scheduler-simulation.ts';
import { fewestReloadSeconds, playStorm, zipfStorm, type StormResult } from './scheduler-storm.ts';
import { dayTrace, mixedTrace, simulatedModels } from './scheduler-trace.ts';

/*
 * Simulated in virtual time: the scheduler's own admission, residency and step loop on a machine whose speeds are given. The numbers are
 * the same on every machine; they say how good the decisions are, not how fast the code is.
 */

interface Played {
  readonly of: (policy: PolicyName) => SimulationResult;
}

async function playAll(
  make: (random: () => number) => ReturnType<typeof dayTrace>,
  how: { readonly profile: MachineProfile; readonly until?: number; readonly seeds: readonly number[] },
): Promise<Played[]> {
  const all: Played[] = [];
  for (const seed of how.seeds) {
    const trace = make(createSeededRandom(seed));
    const alone = await playAlone(trace, how);
    const results = new Map<PolicyName, SimulationResult>();
    for (const policy of policyNames) results.set(policy, await simulate(trace, policy, { ...how, alone }));
    all.push({
      of: (policy) => {
        const found = results.get(policy);
        if (found === undefined) throw new Error(`${policy} was not played.`);
        return found;
      },
    });
  }
  return all;
}

const seedsOf = ({ quick }: BenchContext): number[] => (quick ? [1, 2] : [1, 2, 3, 4, 5]);
const inSeconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(2)} s`;
const percent = (share: number): string => (Number.isNaN(share) ? '-' : `${(share * 100).toFixed(0)} %`);
const median = (values: readonly number[]): number => quantile(values, 0.5);

function classOf(result: SimulationResult, workClass: ClassResult['workClass']): ClassResult {
  const found = result.classes.find((each) => each.workClass === workClass);
  if (found === undefined) throw new Error(`The trace has no ${workClass}.`);
  return found;
}

/** One line for each policy and class: medians over the seeds. */
function told(played: readonly Played[]): NonNullable<BenchRow['extras']> {
  return policyNames.flatMap((policy) => {
    const results = played.map((each) => each.of(policy));
    const classes = results[0]?.classes.map(({ workClass }) => workClass) ?? [];
    const rows = classes.map((workClass) => {
      const own = results.map((result) => classOf(result, workClass));
      const mid = (value: (each: ClassResult) => number): number => median(own.map(value));
      const times = [mid(({ p50 }) => p50), mid(({ p95 }) => p95), mid(({ p99 }) => p99)].map(inSeconds).join(', ');
      const refused = own.reduce((sum, each) => sum + each.refused, 0);
      const calls = own.reduce((sum, each) => sum + each.calls, 0);
      return {
        text: `${policy}, ${workClass}: first token p50, p95, p99 ${times}; within 1.5 times alone ${percent(mid((each) => each.metAlone))}, within its class's deadline ${percent(mid((each) => each.metClass))}; ${percent(mid(({ speed }) => speed))} of its speed alone; ${refused} of ${calls} refused`,
        holds: true,
      };
    });
    const loads = median(results.map((result) => result.loads.count));
    const seconds = median(results.map((result) => result.loads.seconds));
    return [...rows, { text: `${policy}: ${loads} loads, ${seconds.toFixed(0)} s of loading`, holds: true }];
  });
}

function pairsOf(
  played: readonly Played[],
  peer: PolicyName,
  value: (result: SimulationResult) => number,
): MeasuredPair[] {
  return played.map((each) => ({ subject: value(each.of('nootropic')), peer: value(each.of(peer)) }));
}

function dayLine(name: string, profile: MachineProfile): BenchLine {
  return {
    name,
    async measure(context) {
      const played = await playAll(dayTrace, { profile, seeds: seedsOf(context) });
      const row = (workClass: ClassResult['workClass'], target?: number): BenchRow => ({
        what: `simulated day, ${profile.name}: ${workClass}, first token p95`,
        peer: 'first in, first out, fixed threads',
        unit: 'ms',
        better: 'lower',
        ...(target === undefined ? {} : { target }),
        result: ratioOf(pairsOf(played, 'first in, first out', (result) => classOf(result, workClass).p95)),
      });
      return [
        { ...row('completion', profile === laptop ? 0.8 : undefined), extras: told(played) },
        {
          what: `simulated day, ${profile.name}: completion, share within 1.5 times alone`,
          peer: 'first in, first out, fixed threads',
          unit: 'share',
          better: 'higher',
          target: 1,
          result: ratioOf(pairsOf(played, 'first in, first out', (result) => classOf(result, 'completion').metAlone)),
        },
        row('chat'),
        row('agent'),
        {
          what: `simulated day, ${profile.name}: seconds of loading`,
          peer: 'one model at a time',
          unit: 's',
          better: 'lower',
          target: 1,
          result: ratioOf(pairsOf(played, 'one model at a time', ({ loads }) => loads.seconds)),
        },
      ];
    },
  };
}

/** Completions every two seconds, questions and an endless index run at once: who meets 1.5 times what it takes alone. */
const mixedLine: BenchLine = {
  name: 'scheduler-mixed',
  async measure(context) {
    const how = { profile: laptop, until: 600_000, seeds: seedsOf(context) };
    const played = await playAll(mixedTrace, how);
    const withoutIndex = await playAll((random) => {
      const trace = mixedTrace(random);
      return { ...trace, chains: trace.chains.filter(({ calls }) => calls[0]?.call.workClass !== 'embed') };
    }, how);
    const metWithout = (workClass: ClassResult['workClass']): string =>
      percent(median(withoutIndex.map((each) => classOf(each.of('nootropic'), workClass).metAlone)));
    const met = (workClass: ClassResult['workClass']): BenchRow => ({
      what: `simulated mix, ${laptop.name}: ${workClass} within 1.5 times alone`,
      peer: 'all of them',
      unit: 'share',
      better: 'higher',
      target: 0.95,
      result: ratioOf(played.map((each) => ({ subject: classOf(each.of('nootropic'), workClass).metAlone, peer: 1 }))),
    });
    const background: BenchRow = {
      what: `simulated mix, ${laptop.name}: computing of the index run`,
      peer: 'what the others leave of the machine',
      unit: 'ms',
      better: 'higher',
      target: 0.8,
      result: ratioOf(
        played.map((each) => {
          const { computing, hours } = each.of('nootropic');
          const index = computing.get('index') ?? 0;
          const others = [...computing].reduce((sum, [client, ms]) => (client === 'index' ? sum : sum + ms), 0);
          return { subject: index, peer: hours * 3_600_000 - others };
        }),
      ),
    };
    const without = {
      text: `without the index run: completion ${metWithout('completion')}, chat ${metWithout('chat')}`,
      holds: true,
    };
    return [{ ...met('completion'), extras: [...told(played), without] }, met('chat'), background];
  },
};

/** Three models in room for two, in every order of popularity. */
const swapLine: BenchLine = {
  name: 'scheduler-swap',
  async measure(context) {
    const { completion, chat, large } = simulatedModels;
    const memory = 5.5 * 1024 ** 3;
    const orders = [
      [completion, chat, large],
      [completion, large, chat],
      [chat, completion, large],
      [chat, large, completion],
      [large, completion, chat],
      [large, chat, completion],
    ];
    const plays: { readonly gdsf: StormResult; readonly lru: StormResult; readonly least: number }[] = [];
    for (const seed of seedsOf(context))
      for (const order of orders) {
        const requests = zipfStorm(createSeededRandom(seed), order, { requests: 500, everyMs: 20_000 });
        const [gdsf, lru] = [
          await playStorm(requests, { policy: 'gdsf', memory }),
          await playStorm(requests, { policy: 'lru', memory }),
        ];
        plays.push({ gdsf, lru, least: fewestReloadSeconds(requests, memory) });
      }
    const total = (value: (play: (typeof plays)[number]) => number): number =>
      plays.reduce((sum, play) => sum + value(play), 0);
    const twice = total(({ gdsf, lru }) => gdsf.twice + lru.twice);
    const toLimit = total(({ least }) => least) / total(({ lru }) => lru.reloadSeconds);
    return [
      {
        what: 'model-swap storm, three models in room for two: seconds of loading',
        peer: 'least recently used',
        unit: 's',
        better: 'lower',
        target: 0.8,
        anchor: `offline optimum ${toLimit.toFixed(2)}`,
        result: ratioOf(plays.map(({ gdsf, lru }) => ({ subject: gdsf.reloadSeconds, peer: lru.reloadSeconds }))),
        extras: [
          { text: `${twice} models loaded twice at once`, holds: twice === 0 },
          {
            text: `all orders of popularity together: ${(total(({ gdsf }) => gdsf.reloadSeconds) / total(({ lru }) => lru.reloadSeconds)).toFixed(2)} of LRU, the offline optimum ${toLimit.toFixed(2)}`,
            holds: true,
          },
        ],
      },
      {
        what: 'model-swap storm: p95 of a request',
        peer: 'least recently used',
        unit: 'ms',
        better: 'lower',
        target: 1,
        result: ratioOf(
          plays.map(({ gdsf, lru }) => ({
            subject: quantile(gdsf.latencies, 0.95),
            peer: quantile(lru.latencies, 0.95),
          })),
        ),
      },
    ];
  },
};

/** Two greedy clients and a light one, all of the class `agent`. */
const fairLine: BenchLine = {
  name: 'scheduler-fair',
  async measure(context) {
    const until = (context.quick ? 5 : 15) * 60_000;
    const played = await playAll((random) => fairnessTrace(random, until / 60_000), {
      profile: laptop,
      until,
      seeds: seedsOf(context),
    });
    const lightP95 = (result: SimulationResult): number => quantile(result.firstTokens.get(lightClient) ?? [], 0.95);
    const jain = (result: SimulationResult): number => {
      const had = [...greedyClients, lightClient].map((client) => result.computing.get(client) ?? 0);
      const there = had.reduce((sum, each) => sum + each, 0);
      // The light client is served in full in the end, late or not: what it had is what it asked for.
      const due = dueShares([Infinity, Infinity, had[2] ?? 0], there);
      return jainIndex(had.map((each, index) => each / (due[index] ?? 1)));
    };
    return [
      {
        what: 'two greedy clients and a light one: the light one, first token p95',
        peer: 'first in, first out',
        unit: 'ms',
        better: 'lower',
        target: 0.2,
        result: ratioOf(pairsOf(played, 'first in, first out', lightP95)),
      },
      {
        what: 'the same: Jain index of served over due milliseconds',
        peer: 'all alike',
        unit: 'index',
        better: 'higher',
        target: 0.95,
        result: ratioOf(played.map((each) => ({ subject: jain(each.of('nootropic')), peer: 1 }))),
        extras: [
          {
            text: `first in, first out: ${median(played.map((each) => jain(each.of('first in, first out')))).toFixed(3)}`,
            holds: true,
          },
        ],
      },
    ];
  },
};

/** What `npm run bench -- scheduler` plays. */
export const schedulerLines: readonly BenchLine[] = [
  dayLine('scheduler-day', laptop),
  dayLine('scheduler-day-slow', slowLaptop),
  mixedLine,
  swapLine,
  fairLine,
];
