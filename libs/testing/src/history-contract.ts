import { NootropicError, type Change, type History } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';

/** The commits of the contract's repository, oldest first: what each leaves in the files that it touches. */
export const historyScript: readonly {
  readonly author: string;
  readonly message: string;
  readonly files: Readonly<Record<string, string>>;
}[] = [
  { author: 'Ada', message: 'Begin', files: { 'a.txt': 'one\ntwo\n', 'src/b.txt': 'b\n' } },
  { author: 'Ünal Öz', message: 'Change a\n\nWith a reason\nof two lines.', files: { 'a.txt': 'one\ntwo\nthree\n' } },
  { author: 'Ada', message: 'Name "it" ü', files: { 'src/ü "x".txt': 'x\n', 'src/b.txt': 'b\nc\n' } },
];

export interface HistorySubject {
  /** The history of `historyScript`. */
  readonly history: History;
  /** That of a folder without version control. */
  readonly none: History;
}

/** The tests that every `History` passes. */
export function describeHistoryContract(
  name: string,
  makeSubject: () => Promise<HistorySubject> | HistorySubject,
): void {
  const all = async (changes: AsyncIterable<Change>): Promise<Change[]> => {
    const found: Change[] = [];
    for await (const change of changes) found.push(change);
    return found;
  };

  describe(`${name} is a History`, () => {
    it('gives commits newest first, with who, when, why and what', async () => {
      const { history } = await makeSubject();
      const changes = await all(history.changes());
      expect(changes.map(({ author, message, paths }) => ({ author, message, paths: paths.toSorted() }))).toEqual(
        historyScript
          .map(({ author, message, files }) => ({ author, message, paths: Object.keys(files).toSorted() }))
          .toReversed(),
      );
      for (const { commit, at } of changes) {
        expect(commit).toMatch(/^[0-9a-f]{40,64}$/u);
        expect(Number.isNaN(Date.parse(at))).toBe(false);
        expect(at).toMatch(/^\d{4}-\d{2}-\d{2}T/u);
      }
      expect(await history.head()).toBe(changes[0]?.commit);
    });

    it('narrows to paths, to a number, and to what is new', async () => {
      const { history } = await makeSubject();
      const messages = async (options: Parameters<History['changes']>[0]) =>
        (await all(history.changes(options))).map(({ message }) => message.split('\n')[0]);
      expect(await messages({ paths: ['a.txt'] })).toEqual(['Change a', 'Begin']);
      expect(await messages({ paths: ['src'] })).toEqual(['Name "it" ü', 'Begin']);
      expect(await messages({ paths: ['src/ü "x".txt'] })).toEqual(['Name "it" ü']);
      for (const none of [['never.txt'], ['*'], []]) expect(await messages({ paths: none })).toEqual([]);
      expect(await messages({ limit: 2 })).toEqual(['Name "it" ü', 'Change a']);
      expect(await messages({ limit: 0 })).toEqual([]);
      const [, second] = await all(history.changes());
      expect(await messages({ since: second?.commit ?? '' })).toEqual(['Name "it" ü']);
      expect(await messages({ since: (await history.head()) ?? '' })).toEqual([]);
    });

    it('gives all paths of a commit that touches one', async () => {
      const { history } = await makeSubject();
      const [last] = await all(history.changes({ paths: ['src/b.txt'] }));
      expect(last?.paths.toSorted()).toEqual(['src/b.txt', 'src/ü "x".txt']);
    });

    it.each(['--all', '-x', 'HEAD; ls', '..', ''])('takes nothing but a hash for a commit: %s', async (since) => {
      const { history } = await makeSubject();
      const error: unknown = await all(history.changes({ since })).catch((thrown: unknown) => thrown);
      expect(NootropicError.is(error) && error.code).toBe('INPUT_INVALID');
    });

    it('knows who last touched lines', async () => {
      const { history } = await makeSubject();
      const author = async (path: string, startLine: number, endLine: number) =>
        (await history.lastChange(path, { startLine, endLine }))?.author;
      expect(await author('a.txt', 1, 1)).toBe('Ada');
      expect(await author('a.txt', 3, 3)).toBe('Ünal Öz');
      expect(await author('a.txt', 1, 3)).toBe('Ünal Öz');
      expect(await author('never.txt', 1, 1)).toBeUndefined();
      expect(await author('a.txt', 50, 60)).toBeUndefined();
      expect((await history.lastChange('src/ü "x".txt', { startLine: 1, endLine: 1 }))?.message).toBe('Name "it" ü');
    });

    it('is empty without version control', async () => {
      const { none } = await makeSubject();
      expect(await none.head()).toBeUndefined();
      expect(await all(none.changes())).toEqual([]);
      expect(await none.lastChange('a.txt', { startLine: 1, endLine: 1 })).toBeUndefined();
    });

    it('stops when it is told to', async () => {
      const { history } = await makeSubject();
      const codeOf = (error: unknown) => (NootropicError.is(error) ? error.code : error);
      const aborted = AbortSignal.abort();
      expect(await all(history.changes({ signal: aborted })).catch(codeOf)).toBe('ABORTED');
      expect(await history.lastChange('a.txt', { startLine: 1, endLine: 1 }, aborted).catch(codeOf)).toBe('ABORTED');
      const stop = new AbortController();
      const iterator = history.changes({ signal: stop.signal })[Symbol.asyncIterator]();
      await iterator.next();
      stop.abort();
      const outcome: unknown = await iterator.next().then(() => 'more', codeOf);
      // What was read already may still come; then it ends.
      expect(['ABORTED', 'more']).toContain(outcome);
      await iterator.return?.();
    });

    it('may be left in the middle', async () => {
      const { history } = await makeSubject();
      for await (const change of history.changes()) {
        expect(change.commit).not.toBe('');
        break;
      }
      expect(await all(history.changes({ limit: 1 }))).toHaveLength(1);
    });
  });
}
