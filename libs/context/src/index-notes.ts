import type { IndexProgress, IndexRun, SkippedFile } from '@nootropic/contracts';

/** What is remembered of an index beside the index itself. */
export interface IndexNote {
  readonly lastRun?: IndexRun;
  /** What the last look at the whole tree left out. */
  readonly skipped: readonly SkippedFile[];
  /** The run that is under way now, by any program. */
  readonly running?: { readonly program: number; readonly at: number } & Pick<
    IndexProgress,
    'phase' | 'done' | 'total'
  >;
}

/** Where a note is kept. Several programs may share it. Losing it loses nothing but what is shown. */
export interface IndexNotes {
  /** Rejects for nothing: a note that cannot be read is none. */
  read(): Promise<IndexNote | undefined>;
  write(note: IndexNote): Promise<void>;
}

/** Keeps a note for as long as this process runs. */
export function createMemoryNotes(): IndexNotes {
  let kept: IndexNote | undefined;
  return {
    read: async () => kept,
    write: async (note) => {
      kept = note;
    },
  };
}

const mostSkipped = 10_000;
const examples = 3;

/** Bounds what is remembered of a tree in which nearly nothing can be indexed. */
export function boundSkipped(skipped: readonly SkippedFile[]): SkippedFile[] {
  return skipped.slice(0, mostSkipped);
}

/** Files left out, by reason, the most frequent first. What was said of one file in its own words counts as one reason. */
export function skippedByReason(
  skipped: readonly SkippedFile[],
): { readonly reason: string; readonly count: number; readonly examples: readonly string[] }[] {
  const reasons = new Map<string, { reason: string; count: number; examples: string[] }>();
  for (const { path, reason } of skipped) {
    const key = reason.replace(/:.*$/su, '');
    const found = reasons.get(key) ?? { reason: key, count: 0, examples: [] };
    found.count += 1;
    if (found.examples.length < examples) found.examples.push(path);
    reasons.set(key, found);
  }
  return [...reasons.values()].sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}
