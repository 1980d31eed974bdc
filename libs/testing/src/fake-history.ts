import { NootropicError, type Change, type History } from '@nootropic/contracts';

/** A commit for a `History` in memory. `lines` says which lines of a path it touched last; without it, none. */
export interface ScriptedChange extends Change {
  readonly lines?: Readonly<Record<string, { readonly startLine: number; readonly endLine: number }>>;
}

/** A `History` that tells what it was given, newest first. Without changes it is that of a folder without version control. */
export function createMemoryHistory(changes: readonly ScriptedChange[] = []): History {
  const plain = ({ commit, author, at, message, paths }: ScriptedChange): Change => ({
    commit,
    author,
    at,
    message,
    paths,
  });
  const throwIfAborted = (signal: AbortSignal | undefined): void => {
    if (signal?.aborted) throw new NootropicError('ABORTED');
  };
  return {
    async *changes({ paths, limit = 1000, since, signal } = {}) {
      throwIfAborted(signal);
      if (since !== undefined && !/^[0-9a-f]{4,64}$/iu.test(since)) {
        throw new NootropicError('INPUT_INVALID', `${JSON.stringify(since)} is no hash of a commit.`);
      }
      const end = since === undefined ? -1 : changes.findIndex(({ commit }) => commit.startsWith(since));
      const touches = (change: Change): boolean =>
        paths === undefined ||
        paths.some((path) => change.paths.some((each) => path === '.' || each === path || each.startsWith(`${path}/`)));
      let given = 0;
      for (const change of end < 0 ? changes : changes.slice(0, end)) {
        if (given >= Math.floor(limit)) return;
        if (change.paths.length === 0 || !touches(change)) continue;
        await Promise.resolve();
        throwIfAborted(signal);
        given += 1;
        yield plain(change);
      }
    },
    async lastChange(path, { startLine, endLine }, signal) {
      await Promise.resolve();
      throwIfAborted(signal);
      const found = changes.find(({ lines }) => {
        const touched = lines?.[path];
        return touched !== undefined && touched.startLine <= endLine && touched.endLine >= startLine;
      });
      return found && plain(found);
    },
    head: async () => changes[0]?.commit,
  };
}
