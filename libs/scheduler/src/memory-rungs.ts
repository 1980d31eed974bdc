import type { GgufHeader, KvType, ModelRole } from '@nootropic/contracts';
import { trainedContext } from './gguf-memory.ts';

/** A model that could fill a role. */
export interface PlanCandidate {
  readonly ref: string;
  /** What to call it on a screen. */
  readonly name: string;
  readonly fileBytes: number;
  readonly header: GgufHeader;
  /** How good it is, from 0 to 100; the difference to the best candidate is what choosing it costs. Default: 15 less with every place in the list. */
  readonly quality?: number;
}

export interface PlanRole {
  readonly role: ModelRole;
  /** Best first. */
  readonly candidates: readonly PlanCandidate[];
  /** Tokens of context wished for. Default 16384 for `chat`, 4096 for `completion`, 2048 for the others; never more than the model was trained on. */
  readonly contextLength?: number;
  /** How keys and values are kept at best. Default `f16`. */
  readonly kvType?: KvType;
  /** Conversations kept at once. Default 1. */
  readonly sequences?: number;
}

/** One way to fill a role. */
export interface Rung {
  readonly candidate: PlanCandidate;
  /** Its place in the list. */
  readonly place: number;
  readonly contextLength: number;
  readonly kvType: KvType;
  /** What is lost against the best way, in points: comparable between roles. */
  readonly hardship: number;
}

/** A role, and how it is filled. `rung` is absent where the role is given up or shares the model of another. */
export interface FilledRole {
  readonly wanted: PlanRole;
  readonly rung: Rung | undefined;
  readonly sharedWith: ModelRole | undefined;
}

/** `usual`: what is taken unasked. `comfort`: a better model with less than this is worse than a smaller one. `least`: of no use below. */
export const contexts: Readonly<Record<ModelRole, { usual: number; comfort: number; least: number }>> = {
  chat: { usual: 16_384, comfort: 8192, least: 2048 },
  completion: { usual: 4096, comfort: 2048, least: 1024 },
  embedding: { usual: 2048, comfort: 512, least: 512 },
  reranking: { usual: 2048, comfort: 1024, least: 1024 },
};

/**
 * What each sacrifice costs, in points. Eight bits for keys and values are all but free (perplexity changes in the third digit:
 * https://github.com/ggml-org/llama.cpp/pull/7412), four bits are not. Half a context is felt in long conversations only, until it gets short;
 * a smaller model is felt in every answer.
 */
export const points = {
  kvEight: 1,
  kvFour: 8,
  halfContext: 4,
  shortContext: 12,
  nextCandidate: 15,
  /** The chat model fills gaps as well: a larger model answers keystrokes, so it is slower. */
  sharedCompletion: 9,
  /** Search goes on without it, a little worse. */
  without: { reranking: 12, embedding: 25, completion: 60, chat: Number.POSITIVE_INFINITY },
} as const;

const kvSteps: readonly KvType[] = ['f32', 'f16', 'q8_0', 'q4_0'];

/**
 * The ways to fill a role, each worse than the one before. Along them the model never gets better again, and for one model the context never
 * longer: keys and values in eight bits first, then half the context, down to what is comfortable, then four bits; then the next model
 * with everything it was wished with. Only the last model also goes below what is comfortable.
 */
export function rungsOf(wanted: PlanRole): Rung[] {
  const { role, candidates } = wanted;
  const { usual, comfort, least } = contexts[role];
  const best = candidates[0]?.quality ?? 100;
  const rungs: Rung[] = [];
  let floor = 0;
  for (const [place, candidate] of candidates.entries()) {
    const wish = Math.max(1, Math.min(wanted.contextLength ?? usual, trainedContext(candidate.header) ?? usual));
    const isLast = place === candidates.length - 1;
    const own = candidate.quality === undefined ? place * points.nextCandidate : Math.max(0, best - candidate.quality);
    const ways = waysOf(wish, { role, comfort, least: isLast ? least : comfort, kvType: wanted.kvType ?? 'f16' });
    // No better rung may cost as much as this one, or the order would not be one.
    const start = Math.max(own, floor);
    for (const way of ways) {
      const hardship = start + way.cost;
      rungs.push({ candidate, place, contextLength: way.contextLength, kvType: way.kvType, hardship });
      floor = hardship + 0.5;
    }
  }
  return rungs;
}

function waysOf(
  wish: number,
  of: { readonly role: ModelRole; readonly comfort: number; readonly least: number; readonly kvType: KvType },
): { readonly contextLength: number; readonly kvType: KvType; readonly cost: number }[] {
  const { comfort, least } = of;
  const ways = [{ contextLength: wish, kvType: of.kvType, cost: 0 }];
  const add = (change: { contextLength?: number; kvType?: KvType }, cost: number): void => {
    const last = ways.at(-1) ?? { contextLength: wish, kvType: of.kvType, cost: 0 };
    ways.push({ ...last, ...change, cost: last.cost + cost });
  };
  // Keys and values of a short context are no part of what these need.
  const turnsKv = of.role === 'chat' || of.role === 'completion';
  const at = (): { contextLength: number; kvType: KvType } => ways.at(-1) ?? { contextLength: wish, kvType: of.kvType };
  const isAbove = (kvType: KvType): boolean => {
    const now = kvSteps.indexOf(at().kvType);
    return now >= 0 && now < kvSteps.indexOf(kvType);
  };
  if (turnsKv && isAbove('q8_0')) add({ kvType: 'q8_0' }, points.kvEight);
  while (at().contextLength / 2 >= comfort)
    add({ contextLength: Math.floor(at().contextLength / 2) }, points.halfContext);
  if (turnsKv && isAbove('q4_0')) add({ kvType: 'q4_0' }, points.kvFour);
  while (at().contextLength / 2 >= least)
    add({ contextLength: Math.floor(at().contextLength / 2) }, points.shortContext);
  return ways;
}

/** Whether the model was trained to fill a gap between a prefix and a suffix. */
export function fillsGaps({ metadata }: GgufHeader): boolean {
  const id = (part: string): unknown => metadata[`tokenizer.ggml.${part}_token_id`];
  // The second set of names is that of older files.
  const sets = [
    ['fim_pre', 'fim_suf', 'fim_mid'],
    ['prefix', 'suffix', 'middle'],
  ];
  return sets.some((names) => names.every((name) => id(name) !== undefined));
}
