import type { TokenCounts } from '@nootropic/contracts';

/** What the calls of a turn have taken so far, also those that are still running or were left behind. */
export interface Tally {
  /** Begins a call. `count` replaces what is known of it; `settle` is called once, when the call or the turn ends, whichever is first. */
  begin(settle: (counts: TokenCounts) => Promise<void>): TalliedCall;
  total(): TokenCounts & { readonly cost: number };
  /** Ends every call that is still open. */
  settle(): Promise<void>;
}

export interface TalliedCall {
  count(counts: TokenCounts, cost: number): void;
  end(): Promise<void>;
}

const nothing = { read: 0, reused: 0, written: 0, cost: 0 };

export function createTally(): Tally {
  const calls: { counts: typeof nothing }[] = [];
  const open = new Map<object, () => Promise<void>>();
  return {
    begin(settle) {
      const call = { counts: nothing };
      calls.push(call);
      const end = async () => {
        if (open.delete(call)) await settle(call.counts);
      };
      open.set(call, end);
      return { count: (counts, cost) => void (call.counts = { ...counts, cost }), end };
    },
    total: () =>
      calls.reduce(
        (sum, { counts }) => ({
          read: sum.read + counts.read,
          reused: sum.reused + counts.reused,
          written: sum.written + counts.written,
          cost: sum.cost + counts.cost,
        }),
        nothing,
      ),
    async settle() {
      await Promise.all([...open.values()].map((end) => end()));
    },
  };
}
