import type { BenchContext, BenchLine, BenchRow } from './bench-line.ts';
import { quantile, ratioOf, type MeasuredPair } from './paired-ratio.ts';
import { createVirtualTime } from './scheduler-clock.ts';
import { typedHunks, type TypedHunk } from './typing-hunks.ts';
import { typingCacheLine, typingHostLine } from './typing-host-lines.ts';
import { createOracle } from './typing-oracle.ts';
import { typeHunk, type SuggestionPolicy, type TypedResult } from './typing-person.ts';
import { llamaVscodePolicy, ourPolicy } from './typing-policies.ts';
import { createModelSlot } from './typing-slot.ts';

/** How often the model is right about a line before its first word is typed. */
const rates = [0.3, 0.5, 0.7] as const;
const mainRate = 0.5;
/** After the last key, until what was computed ahead counts as of no use. In milliseconds. */
const restMs = 120_000;

interface Played extends TypedResult {
  wasted: number;
  written: number;
}

type Policy = 'ours' | 'peer';

async function play(hunk: TypedHunk, policy: Policy, of: { rate: number; seed: number }): Promise<Played> {
  const time = createVirtualTime();
  const slot = createModelSlot(time, createOracle(hunk, of));
  const made: SuggestionPolicy = policy === 'ours' ? ourPolicy(time, slot) : llamaVscodePolicy(time, slot);
  const typing = (async (): Promise<Played> => {
    const typed = await typeHunk(time, hunk, { policy: made, seed: of.seed });
    await time.sleep(restMs);
    return { ...typed, wasted: made.wasted(), written: slot.written };
  })();
  await time.run();
  return typing;
}

function added(all: readonly Played[]): Played {
  const sum: Played = {
    ...{ asked: 0, cached: 0, hits: 0, right: 0, keys: 0 },
    acceptedCharacters: 0,
    wasted: 0,
    written: 0,
    firstMs: [],
  };
  for (const each of all) {
    for (const name of ['asked', 'cached', 'hits', 'right', 'keys', 'acceptedCharacters', 'wasted', 'written'] as const)
      sum[name] += each[name];
    sum.firstMs.push(...each.firstMs);
  }
  return sum;
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

function told(name: string, all: Played): string {
  const shown = all.firstMs.length / all.asked;
  const [p50, p95] = [0.5, 0.95].map((at) => quantile(all.firstMs, at).toFixed(0));
  return `${name}: asked ${all.asked} times, something shown ${percent(shown)} (after p50 ${p50}, p95 ${p95} ms), from the cache ${percent(all.cached / all.asked)}, from the cache and right ${percent(all.hits / all.asked)}, right before the next key, known or not, ${percent(all.right / all.asked)}; ${all.acceptedCharacters} characters accepted, ${all.written} tokens written, ${all.wasted} of them never shown`;
}

/**
 * Types real hunks key by key in virtual time, with a model that knows the hunk and is right about each line with a given probability: what is measured is
 * when a model is asked and what is kept of its answers. The numbers are the same on every machine.
 */
export const typingReplayLine: BenchLine = {
  name: 'typing-replay',
  async measure(context) {
    const hunks = await typedHunks(context, context.quick ? 6 : 40);
    if (hunks.length === 0)
      return [{ ...replayRow('suggestions', 'higher'), result: { notMeasured: 'no commit adds lines' } }];
    const lines = hunks.reduce((sum, { text }) => sum + text.split('\n').length, 0);
    const rows: BenchRow[] = [];
    for (const rate of context.quick ? [mainRate] : rates)
      rows.push(...(await replayRows(context, { hunks, lines, rate })));
    return rows;
  },
};

async function replayRows(
  { signal }: BenchContext,
  { hunks, lines, rate }: { readonly hunks: readonly TypedHunk[]; readonly lines: number; readonly rate: number },
): Promise<BenchRow[]> {
  const played: Record<Policy, Played[]> = { ours: [], peer: [] };
  for (const [at, hunk] of hunks.entries()) {
    signal.throwIfAborted();
    for (const policy of ['ours', 'peer'] as const)
      played[policy].push(await play(hunk, policy, { rate, seed: at + 1 }));
  }
  const [ours, peer] = [added(played.ours), added(played.peer)];
  const about = `${hunks.length} hunks, ${lines} lines, a model right about ${percent(rate)} of them`;
  const isMain = rate === mainRate;
  const one = (subject: number, other: number): MeasuredPair[] => [{ subject, peer: other }];
  return [
    {
      ...replayRow(`right suggestions from the cache, share of all keys: ${about}`, 'higher'),
      ...(isMain && { target: 1.3 }),
      result: ratioOf(one((100 * ours.hits) / ours.asked, (100 * peer.hits) / peer.asked)),
      extras: [{ text: told('nootropic', ours) }, { text: told('llama.vscode', peer) }],
    },
    {
      ...replayRow(`tokens written and never shown, for 100 typed characters: ${about}`, 'lower'),
      unit: 'tokens',
      ...(isMain && { target: 0.7 }),
      result: ratioOf(one(perCharacters(ours.wasted, hunks), perCharacters(peer.wasted, hunks))),
    },
  ];
}

function perCharacters(tokens: number, hunks: readonly TypedHunk[]): number {
  return (100 * tokens) / hunks.reduce((sum, { text }) => sum + text.length, 0);
}

function replayRow(what: string, better: BenchRow['better']): Pick<BenchRow, 'what' | 'peer' | 'unit' | 'better'> {
  return { what, peer: "llama.vscode's policy, written anew", unit: '%', better };
}

export const typingLines: readonly BenchLine[] = [typingReplayLine, typingCacheLine, typingHostLine];
