import { NootropicError, type GraphAnswer, type History, type SymbolInfo } from '@nootropic/contracts';

/** Commits of the file that are looked at, newest first. */
const mostCommits = 500;
/** A commit that touches more files says nothing about which of them belong together. */
const mostFilesOfCommit = 50;
/** Fewer commits in common may be chance. */
const leastTogether = 2;
const leastShare = 0.1;
const mostFiles = 10;

/** What history says of a symbol: the files that change when its own does, and its last change. Nothing where there is no history, or where it cannot be read. */
export async function historyOf(
  history: History,
  symbol: SymbolInfo,
  options: { readonly exists: (path: string) => boolean; readonly signal?: AbortSignal | undefined },
): Promise<GraphAnswer['history']> {
  const { exists, signal } = options;
  try {
    const [changesWith, last] = await Promise.all([
      changingWith(history, symbol.path, { exists, signal }),
      history.lastChange(symbol.path, { startLine: symbol.startLine, endLine: symbol.endLine }, signal),
    ]);
    if (changesWith === undefined && last === undefined) return undefined;
    return {
      changesWith: changesWith ?? [],
      ...(last !== undefined && {
        lastChange: { author: last.author, at: last.at, commit: last.commit, message: last.message },
      }),
    };
  } catch (error) {
    if (NootropicError.is(error) && error.code === 'COMMAND_FAILED') return undefined;
    throw error;
  }
}

async function changingWith(
  history: History,
  path: string,
  { exists, signal }: { readonly exists: (path: string) => boolean; readonly signal?: AbortSignal | undefined },
): Promise<{ path: string; share: number }[] | undefined> {
  const together = new Map<string, number>();
  let commits = 0;
  for await (const change of history.changes({ paths: [path], limit: mostCommits, ...(signal && { signal }) })) {
    if (change.paths.length > mostFilesOfCommit) continue;
    commits += 1;
    for (const other of new Set(change.paths)) {
      if (other !== path) together.set(other, (together.get(other) ?? 0) + 1);
    }
  }
  if (commits === 0) return undefined;
  return [...together]
    .filter(([other, count]) => count >= leastTogether && count / commits >= leastShare && exists(other))
    .sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1))
    .slice(0, mostFiles)
    .map(([other, count]) => ({ path: other, share: Math.round((count / commits) * 100) / 100 }));
}
