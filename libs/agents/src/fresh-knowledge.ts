import type { Knowledge } from '@nootropic/contracts';

export interface FreshKnowledge {
  readonly knowledge: Knowledge;
  /** A file was changed: what is asked of the index next waits until it knows. */
  changed(): void;
}

/** A `Knowledge` whose index follows the agent's own changes: it is brought up to date before the next question that rests on it, and only then. */
export function createFreshKnowledge(knowledge: Knowledge, signal?: AbortSignal): FreshKnowledge {
  let stale = false;
  const refreshed = async () => {
    if (!stale) return;
    stale = false;
    await Array.fromAsync(knowledge.refresh(signal ? { signal } : {}));
  };
  return {
    changed() {
      stale = true;
    },
    knowledge: {
      ...knowledge,
      async search(query, options) {
        await refreshed();
        return knowledge.search(query, options);
      },
      async symbol(name) {
        await refreshed();
        return knowledge.symbol(name);
      },
      async graph(query, abort) {
        await refreshed();
        return knowledge.graph(query, abort);
      },
    },
  };
}
