import { NootropicError, type Assistant, type Source } from '@nootropic/contracts';

type Contexts = Assistant['contexts'];
type Entry = Awaited<ReturnType<Contexts['merge']>>;

export const fakeEntry: Entry = {
  ...{ id: 'ctx_0123456789abcdef', title: 'build.log', kind: 'log', from: '/w/build.log', mark: '' },
  ...{ bytes: 2_000_000, characters: 2_000_000, lines: 30_000, tokens: 571_429, storedBytes: 200_000 },
  ...{ createdAt: 0, parts: 1 },
};

export const fakeSource: Source = {
  ...{ name: 'guide', kind: 'folder', place: '/w/docs', entries: 3, bytes: 4200, tokens: 1200 },
  ...{ addedAt: 0, refreshedAt: 0, state: 'stale', detail: '2 files changed' },
};

/** A store with one text and one source; what it is asked is written down. */
export function fakeContexts(asked: unknown[] = []): Pick<Assistant, 'gather' | 'sources' | 'contexts'> {
  const entry = async ({ id }: { id: string }): Promise<Entry> => {
    asked.push({ id });
    if (id === 'nope') throw new NootropicError('NOT_FOUND', 'There is no entry nope in the context store.');
    return fakeEntry;
  };
  const refreshed = async (input: unknown) => {
    asked.push(input);
    return (async function* () {
      yield { type: 'progress' as const, source: 'guide', done: 1, total: 3 };
      yield {
        ...{ type: 'refreshed' as const, source: fakeSource, added: 1, changed: 2, removed: 0 },
        skipped: [{ path: 'x.bin', reason: 'binary' }],
      };
    })();
  };
  return {
    gather: async (input) => {
      asked.push(input);
      return {
        blocks: [
          {
            citation: { path: 'src/a.ts', startLine: 1, endLine: 2, symbol: 'a' },
            ...{
              text: 'const a = 1;\n\u001b[31mred',
              score: 1,
              signature: '',
              doc: '',
              callers: [],
              role: 'target' as const,
            },
          },
        ],
        tokens: 12,
        leftOut: [{ path: 'source://guide/b.md', startLine: 3, endLine: 9, why: 'no room', tokens: 80 }],
        counted: 'estimate',
      };
    },
    sources: {
      add: refreshed,
      refresh: refreshed,
      list: async () => [fakeSource],
      search: async (input) => {
        asked.push(input);
        return [
          { path: 'source://guide/b.md', startLine: 3, endLine: 9, symbol: '', score: 1, snippet: 'retry twice' },
        ];
      },
      remove: async ({ name }) => ({ ...fakeSource, name }),
    },
    contexts: {
      put: async (input) => {
        asked.push(input);
        return (async function* () {
          yield { type: 'progress' as const, done: 1, total: 2 };
          yield { type: 'stored' as const, entry: fakeEntry };
        })();
      },
      list: async () => [fakeEntry],
      show: async (input) => {
        asked.push(input);
        return (async function* () {
          yield { text: 'one\ntwo\n', offset: 0, line: 1 };
          yield { text: 'three', offset: 8, line: 3 };
        })();
      },
      search: async (input) => {
        asked.push(input);
        return [{ entry: fakeEntry, startLine: 40, endLine: 49, text: 'x\nout of memory\ny', score: 2 }];
      },
      merge: async (input) => {
        asked.push(input);
        return { ...fakeEntry, kind: 'view', title: 'both' };
      },
      remove: entry,
    },
  };
}
