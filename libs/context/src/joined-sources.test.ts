import { NootropicError, type Gathered, type Knowledge, type SearchHit, type Sources } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { joinSources } from './joined-sources.ts';

const own: Gathered = {
  blocks: [
    {
      citation: { path: 'a.ts', startLine: 1, endLine: 1 },
      text: 'const a = 1;',
      score: 2,
      signature: '',
      doc: '',
      callers: [],
    },
  ],
  tokens: 40,
  leftOut: [],
};

function subject(texts: Readonly<Record<string, string>>, fails?: NootropicError) {
  const budgets: number[] = [];
  const problems: string[] = [];
  const knowledge = {
    gather: async (_query: string, { tokens }: { tokens: number }) => {
      budgets.push(tokens);
      return own;
    },
    read: async () => ({ text: 'of the workspace', startLine: 1, endLine: 1, totalLines: 1 }),
  } as unknown as Knowledge;
  const sources = {
    async search(): Promise<SearchHit[]> {
      if (fails) throw fails;
      return Object.keys(texts).map((path) => ({ path, startLine: 1, endLine: 1, symbol: '', score: 1, snippet: '' }));
    },
    read: async (path: string) => ({ text: texts[path] ?? '', startLine: 1, endLine: 1, totalLines: 1 }),
  } as unknown as Sources;
  return { joined: joinSources(knowledge, sources, (message) => problems.push(message)), budgets, problems };
}

describe('joinSources', () => {
  it('ends with the passages of sources that hold most of the question, within the budget', async () => {
    const { joined, budgets } = subject({
      'source://docs/a.md': 'the walrus sleeps',
      'source://docs/b.md': 'nothing of that',
    });
    const { blocks, tokens } = await joined.gather('walrus sleeping', { tokens: 1000 });
    expect(blocks.map(({ citation, role }) => [citation.path, role])).toEqual([
      ['a.ts', undefined],
      ['source://docs/a.md', 'source'],
    ]);
    expect(budgets[0]).toBeGreaterThanOrEqual(750);
    expect(budgets[0]).toBeLessThan(1000);
    expect(tokens).toBeLessThanOrEqual(1000);
    expect(blocks[1]?.score).toBeLessThan(2);
  });

  it('names a passage that finds no room', async () => {
    const { joined } = subject({ 'source://docs/a.md': 'walrus '.repeat(500) });
    const { blocks, leftOut } = await joined.gather('walrus', { tokens: 100 });
    expect(blocks).toEqual(own.blocks);
    expect(leftOut).toMatchObject([{ path: 'source://docs/a.md', why: 'a source: no room' }]);
  });

  it('does without sources that cannot be read, and says so', async () => {
    const { joined, problems } = subject({}, new NootropicError('STORE_CORRUPT', 'It is damaged.'));
    expect(await joined.gather('walrus', { tokens: 100 })).toBe(own);
    expect(problems).toEqual(['The sources of the workspace cannot be searched: It is damaged.']);
    await expect(
      subject({}, new NootropicError('ABORTED')).joined.gather('x walrus', { tokens: 9 }),
    ).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('reads each passage where it is', async () => {
    const { joined } = subject({ 'source://docs/a.md': 'of a source' });
    expect((await joined.read('source://docs/a.md')).text).toBe('of a source');
    expect((await joined.read('a.ts')).text).toBe('of the workspace');
  });
});
