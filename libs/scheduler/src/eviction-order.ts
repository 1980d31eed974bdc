/** `gdsf`: by use times the cost of loading again over bytes. `lru`: the one not used for longest goes first. */
export type EvictionPolicy = 'gdsf' | 'lru';

export interface EvictionItem {
  readonly key: string;
  readonly bytes: number;
}

/** What goes when memory is needed. Counts uses also of what was evicted: a model that comes back is not a stranger. */
export interface EvictionOrder {
  /** @param reloadSeconds that loading it again would take */
  used(item: EvictionItem, reloadSeconds: number): void;
  uses(key: string): number;
  /** The one that is cheapest to do without for the memory it takes. */
  first<Item extends EvictionItem>(items: readonly Item[]): Item | undefined;
  /** Those that are cheapest to do without and together give so many bytes, none too many; `undefined` where all of them give less. */
  victims<Item extends EvictionItem>(items: readonly Item[], bytes: number): Item[] | undefined;
  /** It was taken out of memory to make room. */
  evicted(key: string): void;
}

/** So many keys are remembered; then the one used longest ago is forgotten. */
const remembered = 256;
/** Up to so many items every set of them is weighed; beyond, they are taken one by one. */
const weighed = 12;

/**
 * GreedyDual-Size-Frequency (Cherkasova 1998, "Improving WWW Proxies Performance with Greedy-Dual-Size-Frequency Caching Policy",
 * HP Labs HPL-98-69; after Cao and Irani 1997, "Cost-Aware WWW Proxy Caching Algorithms"):
 * priority = L + uses * reload cost / bytes, set at each use. L is the priority of what was evicted last; it only rises,
 * so that what was used much but long ago falls behind what is used now.
 *
 * Web caches hold thousands of small things and take the lowest priorities one by one. A machine holds a few large models, where that
 * gives up a dear one only because a cheap one was a little too small. So the set is chosen whose priorities times bytes add up to least.
 */
export function createEvictionOrder(policy: EvictionPolicy = 'gdsf'): EvictionOrder {
  const seen = new Map<string, { readonly uses: number; readonly priority: number }>();
  let aged = 0;
  let turn = 0;

  const priority = (key: string): number => seen.get(key)?.priority ?? 0;
  const inOrder = <Item extends EvictionItem>(items: readonly Item[]): Item[] =>
    items.toSorted((a, b) => priority(a.key) - priority(b.key));

  return {
    used({ key, bytes }, reloadSeconds) {
      turn += 1;
      const uses = (seen.get(key)?.uses ?? 0) + 1;
      const worth = (uses * Math.max(0, reloadSeconds)) / Math.max(1, bytes);
      // Kept in the order of use, so that the oldest is found at the front.
      seen.delete(key);
      seen.set(key, { uses, priority: policy === 'lru' ? turn : aged + worth });
      for (const oldest of seen.keys()) {
        if (seen.size <= remembered) break;
        seen.delete(oldest);
      }
    },
    uses: (key) => seen.get(key)?.uses ?? 0,
    first: (items) => inOrder(items)[0],
    victims: (items, bytes) =>
      policy === 'lru' || items.length > weighed
        ? oneByOne(inOrder(items), bytes)
        : cheapestSet(items, bytes, (item) => priority(item.key) * item.bytes),
    evicted(key) {
      aged = Math.max(aged, priority(key));
    },
  };
}

/** The first of the list that together give so many bytes, less those of them that are not needed after all. */
function oneByOne<Item extends EvictionItem>(list: readonly Item[], bytes: number): Item[] | undefined {
  const chosen: Item[] = [];
  let sum = 0;
  for (const item of list) {
    if (sum >= bytes) break;
    chosen.push(item);
    sum += item.bytes;
  }
  if (sum < bytes) return undefined;
  for (const item of chosen.toReversed()) {
    if (sum - item.bytes < bytes) continue;
    chosen.splice(chosen.indexOf(item), 1);
    sum -= item.bytes;
  }
  return chosen;
}

/** Of all sets that give so many bytes the one with the least sum of costs; of equals the one of fewer bytes. */
function cheapestSet<Item extends EvictionItem>(
  items: readonly Item[],
  bytes: number,
  costOf: (item: Item) => number,
): Item[] | undefined {
  let best: { readonly set: Item[]; readonly cost: number; readonly freed: number } | undefined;
  for (let bits = 0; bits < 2 ** items.length; bits += 1) {
    const set = items.filter((_, index) => (bits >> index) & 1);
    const freed = set.reduce((sum, item) => sum + item.bytes, 0);
    if (freed < bytes) continue;
    const cost = set.reduce((sum, item) => sum + costOf(item), 0);
    if (best === undefined || cost < best.cost || (cost === best.cost && freed < best.freed))
      best = { set, cost, freed };
  }
  return best?.set;
}
