import type { BenchLine } from './bench-line.ts';

export interface BenchSet {
  readonly name: string;
  /** Measures the built command, which must be there. */
  readonly built?: boolean;
  /** Counts in simulated time, so that other programs do not matter. */
  readonly simulated?: boolean;
  /** Read only when asked for: the runtime's lines load the native library. */
  lines(): Promise<readonly BenchLine[]>;
}

/** All sets, in the order of the page. */
export const benchSets: readonly BenchSet[] = [
  { name: 'start', built: true, lines: async () => [(await import('./start-line.ts')).startLine] },
  { name: 'index', built: true, lines: async () => [(await import('./index-line.ts')).indexLine] },
  { name: 'context', built: true, lines: async () => (await import('./context-lines.ts')).contextLines },
  { name: 'runtime', lines: async () => (await import('./runtime-lines.ts')).runtimeLines },
  { name: 'host', lines: async () => (await import('./host-lines.ts')).hostLines },
  { name: 'typing', lines: async () => (await import('./typing-lines.ts')).typingLines },
  {
    name: 'scheduler',
    simulated: true,
    lines: async () => (await import('./scheduler-lines.ts')).schedulerLines,
  },
];

/** What a command line asks for. */
export interface BenchSelection {
  readonly sets: readonly { readonly set: BenchSet; readonly lines: readonly BenchLine[] }[];
  /** All lines of every chosen set are measured: only then the page is written. */
  readonly whole: boolean;
  /** Names that are neither a set nor a line. */
  readonly unknown: readonly string[];
}

/** The sets and lines of these names; without a name, everything. A name that is both means the set. */
export async function selectLines(
  names: readonly string[],
  sets: readonly BenchSet[] = benchSets,
): Promise<BenchSelection> {
  const asked = new Set(names);
  const known = new Set(sets.map(({ name }) => name));
  const single = [...asked].filter((name) => !known.has(name));
  const chosen: { set: BenchSet; lines: readonly BenchLine[] }[] = [];
  const found = new Set<string>();
  for (const set of sets) {
    if (asked.size === 0 || asked.has(set.name)) chosen.push({ set, lines: await set.lines() });
    else if (single.length > 0) {
      const lines = (await set.lines()).filter(({ name }) => asked.has(name));
      for (const { name } of lines) found.add(name);
      if (lines.length > 0) chosen.push({ set, lines });
    }
  }
  return { sets: chosen, whole: single.length === 0, unknown: single.filter((name) => !found.has(name)) };
}
