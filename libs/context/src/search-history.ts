import { NootropicError, type Change, type History } from '@nootropic/contracts';
import { isFiller, splitWords, stem } from './words.ts';

/** Which files the commits about a question touched. */
export interface HistorySearch {
  /**
   * Files by how well the subjects of the commits that touched them match these stems: from 0 to 1, 1 for the best; empty while the history
   * is still being read. `problem` says why there is none, once for each reading. Rejects with `ABORTED` only.
   */
  files(
    stems: readonly string[],
    signal?: AbortSignal,
  ): Promise<{ readonly files: ReadonlyMap<string, number>; readonly problem?: string }>;
  /** Begins to read, where nothing is read yet. */
  warm(): void;
  /** Stops reading; what is under way is not waited for. */
  close(): void;
}

export interface HistorySearchOptions {
  /** Milliseconds from any fixed moment. */
  readonly clock: () => number;
  /** Commits that are read, from the newest. Default 2000. */
  readonly commits?: number;
  /** How long a search waits for the first reading, in milliseconds. Default 400. */
  readonly patienceMs?: number;
}

/** A commit that touches more files than this (a format, a rename, a merge) says little about any of them. */
const mostPaths = 60;
/** Whether something was committed is asked again after so many milliseconds. */
const headMs = 2_000;
const k1 = 1.2;
const b = 0.75;

interface Read {
  readonly commits: readonly { readonly paths: readonly string[]; readonly length: number }[];
  /** Places in `commits` by stem, with how often the stem stands in the subject. */
  readonly postings: ReadonlyMap<string, readonly (readonly [commit: number, count: number])[]>;
  readonly meanLength: number;
}

const empty: Read = { commits: [], postings: new Map(), meanLength: 1 };

function termsOf({ message }: Change): string[] {
  return splitWords(message.split('\n', 1)[0] ?? '')
    .filter((word) => !isFiller(word))
    .map(stem);
}

async function read(history: History, limit: number, signal: AbortSignal): Promise<Read> {
  const commits: { paths: readonly string[]; length: number }[] = [];
  const postings = new Map<string, [number, number][]>();
  let total = 0;
  for await (const change of history.changes({ limit, signal })) {
    if (change.paths.length === 0 || change.paths.length > mostPaths) continue;
    const terms = termsOf(change);
    const at = commits.push({ paths: change.paths, length: terms.length }) - 1;
    total += terms.length;
    for (const term of terms) {
      const list = postings.get(term) ?? [];
      if (list.length === 0) postings.set(term, list);
      const last = list.at(-1);
      if (last?.[0] === at) last[1] += 1;
      else list.push([at, 1]);
    }
  }
  return { commits, postings, meanLength: Math.max(1, total / Math.max(1, commits.length)) };
}

/** The best commit of each file, by BM25 over subjects; a commit that touches few files says more of each. */
function score({ commits, postings, meanLength }: Read, stems: readonly string[]): Map<string, number> {
  const scores = new Map<number, number>();
  for (const word of stems) {
    const list = postings.get(word) ?? [];
    const rarity = Math.log(1 + (commits.length - list.length + 0.5) / (list.length + 0.5));
    for (const [at, count] of list) {
      const length = commits[at]?.length ?? 0;
      const weight = (count * (k1 + 1)) / (count + k1 * (1 - b + (b * length) / meanLength));
      scores.set(at, (scores.get(at) ?? 0) + rarity * weight);
    }
  }
  const files = new Map<string, number>();
  for (const [at, sum] of scores) {
    const paths = commits[at]?.paths ?? [];
    const each = sum / (1 + 0.1 * Math.log2(paths.length));
    for (const path of paths) if (each > (files.get(path) ?? 0)) files.set(path, each);
  }
  const best = Math.max(0, ...files.values());
  for (const [path, sum] of files) files.set(path, sum / best);
  return files;
}

/** Searches the subjects of the last commits, kept in memory and read again when the head of the repository moves. */
export function createHistorySearch(history: History, options: HistorySearchOptions): HistorySearch {
  const { clock, commits = 2000, patienceMs = 400 } = options;
  const closing = new AbortController();
  let known: Read = empty;
  let head: string | undefined;
  let problem: string | undefined;
  let checkedAt: number | undefined;
  let reading: Promise<void> | undefined;

  async function readAnew(): Promise<void> {
    checkedAt = clock();
    try {
      const now = await history.head();
      if (now === undefined) {
        known = empty;
        head = undefined;
        return;
      }
      if (now === head) return;
      // Set first: a damaged repository is not read again before its head moves.
      head = now;
      known = await read(history, commits, closing.signal);
    } catch (error) {
      known = empty;
      const { code, message } = NootropicError.from(error);
      if (code !== 'ABORTED')
        problem = `The history of the repository could not be read and counts for nothing: ${message}`;
    }
  }

  function refresh(): Promise<void> {
    if (
      reading === undefined &&
      !closing.signal.aborted &&
      (checkedAt === undefined || clock() - checkedAt >= headMs)
    ) {
      reading = readAnew().finally(() => {
        reading = undefined;
      });
    }
    return reading ?? Promise.resolve();
  }

  return {
    async files(stems, signal) {
      if (stems.length > 0) await within(refresh(), patienceMs);
      if (signal?.aborted) throw new NootropicError('ABORTED');
      const said = problem;
      problem = undefined;
      const files = score(known, stems);
      return said === undefined ? { files } : { files, problem: said };
    },
    warm: () => void refresh(),
    close: () => closing.abort(),
  };
}

/** Waits for some work, but no longer than this many milliseconds. */
async function within(work: Promise<void>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}
