import type { TypingReport } from '@nootropic/client';

/** What became of suggestions on this machine, since they are counted. They stay here; the host has them for its own metrics, which stay here too. */
export type CompletionCounts = Readonly<Record<keyof TypingReport, number>>;

const none: CompletionCounts = {
  shown: 0,
  accepted: 0,
  fromCache: 0,
  acceptedCharacters: 0,
  retainedCharacters: 0,
  keptCharacters: 0,
  wastedTokens: 0,
};

/** Counts as they were stored; what is no count is 0. */
export function readCounts(stored: unknown): CompletionCounts {
  const found = typeof stored === 'object' && stored !== null ? (stored as Record<string, unknown>) : {};
  const read = (name: string): number => {
    const value = found[name];
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
  };
  return Object.fromEntries(Object.keys(none).map((name) => [name, read(name)])) as unknown as CompletionCounts;
}

export function addCounts(to: CompletionCounts, more: TypingReport): CompletionCounts {
  const sums = Object.entries(to).map(([name, value]) => [name, value + (more[name as keyof TypingReport] ?? 0)]);
  return Object.fromEntries(sums) as unknown as CompletionCounts;
}

export function isEmpty(report: TypingReport): boolean {
  return Object.values(report).every((value) => value === 0);
}
