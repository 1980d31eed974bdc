import { NootropicError, type EdgeStrength } from '@nootropic/contracts';
import type { Edge } from './graph-edges.ts';

/** A symbol that was reached, and the edge by which. */
export interface Reached {
  readonly handle: number;
  readonly depth: number;
  /** The symbol that was gone on from; the edge may begin at a member of it. */
  readonly via: number;
  readonly edge: Edge;
  /** Of the weakest edge on the way. */
  readonly strength: EdgeStrength;
}

export interface WalkOptions {
  readonly seeds: readonly number[];
  readonly depth: number;
  /** Which edges lead on from a symbol. */
  readonly edges: (handle: number) => readonly Edge[];
  /** The end of an edge that is walked to. */
  readonly towards: 'from' | 'to';
  /** May a symbol be reached by this edge? Default: by every one. */
  readonly passes?: (edge: Edge, depth: number) => boolean;
  /** Is it gone on from a symbol reached so? Default: always. */
  readonly goesOn?: (reached: Reached) => boolean;
  /** Ends the walk when it gives true. */
  readonly found?: (reached: Reached) => boolean;
  /** Symbols at most. Default 20 000. */
  readonly most?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Symbols that are looked at before others get their turn. */
const lookedAtInOneGo = 64;

/** Walks in breadth, so that every symbol is reached in the fewest steps. Within a step, sure edges come before weak ones. Rejects with `ABORTED`. */
export async function walkGraph(options: WalkOptions): Promise<Map<number, Reached>> {
  const { seeds, depth, edges, towards, passes, goesOn, found, most = 20_000, signal } = options;
  const reached = new Map<number, Reached>();
  const start = new Set(seeds);
  let looked = 0;
  let level: readonly { readonly handle: number; readonly strength: EdgeStrength }[] = seeds.map((handle) => ({
    handle,
    strength: 'resolved',
  }));
  for (let step = 1; step <= depth && level.length > 0 && reached.size < most; step += 1) {
    const next: Reached[] = [];
    for (const { handle, strength } of level) {
      if (signal?.aborted) throw new NootropicError('ABORTED');
      looked += 1;
      if (looked % lookedAtInOneGo === 0) await new Promise<void>((resume) => setTimeout(resume, 0));
      for (const edge of edges(handle)) {
        const other = edge[towards];
        if (start.has(other) || reached.has(other)) continue;
        if (passes !== undefined && !passes(edge, step)) continue;
        next.push({
          handle: other,
          depth: step,
          via: handle,
          edge,
          strength: strength === 'name' ? 'name' : edge.strength,
        });
      }
    }
    next.sort((one, other) => Number(one.strength === 'name') - Number(other.strength === 'name'));
    const added: Reached[] = [];
    for (const each of next) {
      if (reached.has(each.handle)) continue;
      reached.set(each.handle, each);
      if (found?.(each) === true) return reached;
      added.push(each);
    }
    level = goesOn === undefined ? added : added.filter(goesOn);
  }
  return reached;
}

/** The steps from the seed to a symbol that was reached, in their order. */
export function chainTo(reached: ReadonlyMap<number, Reached>, handle: number): Reached[] {
  const chain: Reached[] = [];
  for (let at = reached.get(handle); at !== undefined; at = reached.get(at.via)) chain.unshift(at);
  return chain;
}
