import type { IndexProgress, IndexRun, SkippedFile } from '@nootropic/contracts';

/** Files left out for one reason, with a few of their paths. */
export interface SkippedReason {
  readonly reason: string;
  readonly count: number;
  readonly examples: readonly string[];
}

/** What is remembered of an index beside the index itself. */
export interface IndexNote {
  readonly lastRun?: IndexRun;
  /** What the last look at the whole tree left out. */
  readonly skipped: readonly SkippedFile[];
  /** The same by reason, and counted in full where `skipped` had to be cut. */
  readonly reasons?: readonly SkippedReason[];
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

/** What is remembered of the files left out: the first so many by their names, and all of them by their number. */
export function noteSkipped(skipped: readonly SkippedFile[]): Pick<IndexNote, 'skipped' | 'reasons'> {
  return { skipped: skipped.slice(0, mostSkipped), reasons: skippedByReason(skipped) };
}

/** The same after a look at some paths only. */
export function mergeSkipped(
  before: Pick<IndexNote, 'skipped' | 'reasons'>,
  now: readonly SkippedFile[],
): Pick<IndexNote, 'skipped' | 'reasons'> {
  const seen = new Set(now.map(({ path }) => path));
  const others = before.skipped.filter(({ path }) => !seen.has(path));
  const all = [...now, ...others];
  const { reasons } = before;
  if (reasons === undefined || before.skipped.length < mostSkipped) return noteSkipped(all);
  // Not all of them are known by name any more: only what is new is counted.
  const known = new Set(before.skipped.map(({ path }) => path));
  const fresh = skippedByReason(now.filter(({ path }) => !known.has(path)));
  return { skipped: all.slice(0, mostSkipped), reasons: addReasons(reasons, fresh) };
}

function addReasons(before: readonly SkippedReason[], fresh: readonly SkippedReason[]): SkippedReason[] {
  const sums = new Map(before.map((each) => [each.reason, each]));
  for (const each of fresh) {
    const known = sums.get(each.reason);
    sums.set(each.reason, known === undefined ? each : { ...known, count: known.count + each.count });
  }
  return [...sums.values()].sort(mostFirst);
}

const mostFirst = (a: SkippedReason, b: SkippedReason): number => b.count - a.count || (a.reason < b.reason ? -1 : 1);

/** Files left out, by reason, the most frequent first. What was said of one file in its own words counts as one reason. */
export function skippedByReason(skipped: readonly SkippedFile[]): SkippedReason[] {
  const reasons = new Map<string, { reason: string; count: number; examples: string[] }>();
  for (const { path, reason } of skipped) {
    const key = reason.replace(/:.*$/su, '');
    const found = reasons.get(key) ?? { reason: key, count: 0, examples: [] };
    found.count += 1;
    if (found.examples.length < examples) found.examples.push(path);
    reasons.set(key, found);
  }
  return [...reasons.values()].sort(mostFirst);
}
