import { simulatedModels, type Trace, type TracedCall, type TracedChain } from './scheduler-trace.ts';

/** Clients of one class: two that always have more to do, one of them three times as pushy, and one that asks little. */
export const greedyClients = ['greedy', 'greedier'] as const;
export const lightClient = 'light';

/** Agents back to back for two of them; a short question every ten seconds or so for the third. */
export function fairnessTrace(random: () => number, minutes: number): Trace {
  const end = minutes * 60_000;
  const whole = (least: number, most: number): number => Math.floor(least + random() * (most - least + 1));
  const step = (id: string, client: string, size: { read: number; write: number }): TracedCall => ({
    id,
    workClass: 'agent',
    client,
    model: simulatedModels.completion,
    session: id,
    prompt: size.read,
    common: 0,
    answer: size.write,
    wantedMs: 60 * 60_000,
    replaced: false,
  });
  const back = (client: string, lane: number): TracedChain => ({
    at: 0,
    overlap: false,
    // More than can be served: what has not begun at the end is left out.
    calls: Array.from({ length: minutes * 20 }, (_, index) => ({
      gapMs: 0,
      call: step(`${client}${lane}.${index}`, client, { read: whole(200, 800), write: whole(40, 200) }),
    })),
  });
  const light: TracedChain[] = [];
  for (let at = 3_000, n = 0; at < end; at += whole(7_000, 13_000), n += 1)
    light.push({
      at,
      overlap: false,
      calls: [{ gapMs: 0, call: step(`light.${n}`, lightClient, { read: whole(40, 80), write: whole(10, 30) }) }],
    });
  const [greedy, greedier] = greedyClients;
  return {
    name: 'two greedy clients and a light one',
    chains: [back(greedy, 0), back(greedier, 0), back(greedier, 1), back(greedier, 2), ...light],
    busy: [],
  };
}

/**
 * Jain, Chiu and Hawe 1984, "A Quantitative Measure of Fairness and Discrimination for Resource Allocation in Shared Computer Systems":
 * (sum of x)^2 / (n * sum of x^2), of what each had over what was due to it. 1 is fair, 1/n is all to one.
 */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return (sum * sum) / (shares.length * squares);
}

/** What is due to each of who asks for so much, when so much is there (max-min fairness): nobody gets more than asked, the rest is shared alike. */
export function dueShares(asked: readonly number[], there: number): number[] {
  const due = asked.map(() => 0);
  let left = there;
  const open = asked.map((_, index) => index).toSorted((a, b) => (asked[a] ?? 0) - (asked[b] ?? 0));
  for (const [position, index] of open.entries()) {
    const share = Math.min(asked[index] ?? 0, left / (open.length - position));
    due[index] = share;
    left -= share;
  }
  return due;
}
