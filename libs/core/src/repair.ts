import type { JournalStep } from '@nootropic/contracts';

/** A file as it was; `undefined` where there was none. */
export type Before = ReadonlyMap<string, Uint8Array | undefined>;

/**
 * Changes that do not pass their checks yet. A change in several files breaks things until the last of them is made, so what failed is kept
 * together with what comes after it, judged as one against what the files held before the first of it, and taken back as one.
 */
export interface Repair {
  /** Ids of the steps, oldest first, with those that the checks themselves made. */
  readonly steps: readonly number[];
  readonly paths: readonly string[];
  before(path: string): Uint8Array | undefined;
  /** Takes a step in. What a file held before is kept from its first change on. */
  add(step: JournalStep, before: Before): void;
  /** Counts a failed attempt, and gives the most that any of these files has. */
  failed(paths: readonly string[]): number;
  /** All is well, or was taken back. */
  close(): void;
}

export function createRepair(): Repair {
  let steps: number[] = [];
  const held = new Map<string, Uint8Array | undefined>();
  const failures = new Map<string, number>();
  return {
    get steps() {
      return steps;
    },
    get paths() {
      return [...held.keys()];
    },
    before: (path) => held.get(path),
    add(step, before) {
      steps.push(step.id);
      for (const [path, bytes] of before) if (!held.has(path)) held.set(path, bytes);
    },
    failed(paths) {
      let most = 0;
      for (const path of paths) {
        const count = (failures.get(path) ?? 0) + 1;
        failures.set(path, count);
        most = Math.max(most, count);
      }
      return most;
    },
    close() {
      steps = [];
      held.clear();
      failures.clear();
    },
  };
}
