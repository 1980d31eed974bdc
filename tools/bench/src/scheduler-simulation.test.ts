import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '@nootropic/testing';
import { createVirtualTime } from './scheduler-clock.ts';
import { dueShares, fairnessTrace, jainIndex, lightClient } from './scheduler-fairness.ts';
import { laptop } from './scheduler-machine.ts';
import { policyNames } from './scheduler-policies.ts';
import { playAlone, simulate } from './scheduler-simulation.ts';
import { agentRun, conversation, indexRun, typingBurst, type Trace } from './scheduler-trace.ts';
import { quantile } from './paired-ratio.ts';

describe('virtual time', () => {
  it('runs events in their order, lets what follows settle, and skips what is cancelled', async () => {
    const time = createVirtualTime();
    const seen: string[] = [];
    const at = (name: string) => () => void seen.push(`${name} ${time.now()}`);
    for (const ms of [50, 10, 40, 30, 20]) time.timer(at('event'), ms);
    time.timer(at('cancelled'), 35)();
    void time
      .sleep(10)
      .then(at('slept'))
      .then(() => time.sleep(15))
      .then(at('slept'));
    await time.run();
    expect(seen).toEqual(['event 10', 'slept 10', 'event 20', 'slept 25', 'event 30', 'event 40', 'event 50']);
  });
});

describe('a simulated machine', () => {
  const little = (): Trace => {
    const random = createSeededRandom(3);
    return {
      name: 'a little of everything',
      chains: [
        indexRun(random, { at: 0, id: 'index', chunks: 200 }),
        conversation(random, { at: 1_000, id: 'chat' }),
        agentRun(random, { at: 2_000, id: 'agent' }),
        typingBurst(random, { at: 10_000, id: 'typing' }),
        typingBurst(random, { at: 60_000, id: 'more' }),
      ],
      busy: [{ from: 20_000, to: 40_000 }],
    };
  };

  it('plays the same trace the same way twice', async () => {
    for (const policy of policyNames) {
      const [first, second] = [
        await simulate(little(), policy, { profile: laptop }),
        await simulate(little(), policy, { profile: laptop }),
      ];
      expect(second.classes).toEqual(first.classes);
      expect(first.loads.twiceAtOnce).toBe(0);
    }
  });

  it('serves a completion sooner than one after the other does, and loads less than one model at a time', async () => {
    const alone = await playAlone(little(), { profile: laptop });
    const [ours, inOrder, oneModel] = await Promise.all(
      policyNames.map((policy) => simulate(little(), policy, { profile: laptop, alone })),
    );
    const typing = (result: typeof ours) => result?.classes.find(({ workClass }) => workClass === 'completion');
    expect(typing(ours)?.p95).toBeLessThan(typing(inOrder)?.p95 ?? 0);
    expect(typing(ours)?.p50).toBeLessThan((typing(inOrder)?.p50 ?? 0) * 0.8);
    expect(ours?.loads.count).toBe(3);
    expect(oneModel?.loads.count).toBeGreaterThan(3);
  });

  it('computes no less for a call than the call needs', async () => {
    const trace: Trace = { ...little(), busy: [], chains: little().chains.slice(0, 1) };
    const result = await simulate(trace, 'nootropic', { profile: laptop });
    const tokens = trace.chains[0]?.calls.reduce((sum, { call }) => sum + call.prompt, 0) ?? 0;
    const least = (tokens * 1_000) / (laptop.promptSpeed * 3);
    expect(result.computing.get('index')).toBeGreaterThan(least);
    expect(result.computing.get('index')).toBeLessThan(least * 1.2);
  });
});

describe('fairness', () => {
  it('is 1 where all have what is due, and falls to one part where one has all', () => {
    expect(jainIndex([3, 3, 3])).toBeCloseTo(1);
    expect(jainIndex([9, 0, 0])).toBeCloseTo(1 / 3);
    expect(dueShares([Infinity, Infinity, 10], 100)).toEqual([45, 45, 10]);
    expect(dueShares([20, 20], 100)).toEqual([20, 20]);
  });

  it('keeps the light client from waiting behind the greedy ones', async () => {
    const trace = () => fairnessTrace(createSeededRandom(1), 3);
    const p95 = async (policy: (typeof policyNames)[number]): Promise<number> => {
      const result = await simulate(trace(), policy, { profile: laptop, until: 180_000 });
      return quantile(result.firstTokens.get(lightClient) ?? [], 0.95);
    };
    expect(await p95('nootropic')).toBeLessThan((await p95('first in, first out')) * 0.3);
  });
});
