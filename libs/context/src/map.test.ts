import { describe, expect, it } from 'vitest';
import { graphOf, type FileSketch } from './graph.fixture.ts';
import { mapRepository } from './map.ts';
import { rankSymbols } from './map-rank.ts';
import { estimateTokens } from './token-estimate.ts';

/** A hub that all use, two groups around helpers of their own, and tests. */
const workspace: Record<string, FileSketch> = {
  'src/hub.ts': {
    symbols: [
      'class SessionStore 1-30',
      'method SessionStore.append 3-9',
      'function _private 31-33',
      'function unused 40-41',
    ],
  },
  'src/left/helper.ts': { symbols: ['function parseLeftBody 1-9', 'function inner 3-4'] },
  'src/right/helper.ts': { symbols: ['function parseRightBody 1-9'] },
  'docs/guide.md': { language: 'markdown', symbols: ['section Guide 1-9'] },
  ...Object.fromEntries(
    ['left', 'right'].flatMap((side) =>
      [1, 2, 3].map((at): [string, FileSketch] => [
        `src/${side}/user${String(at)}.ts`,
        {
          symbols: [`function ${side}User${String(at)} 1-9`],
          references: [
            `${side}User${String(at)} > SessionStore @2`,
            `${side}User${String(at)} > _private @3`,
            `${side}User${String(at)} > ${side === 'left' ? 'parseLeftBody' : 'parseRightBody'} @4`,
          ],
          imports: [
            '../hub.ts: SessionStore, _private',
            `./helper.ts: ${side === 'left' ? 'parseLeftBody' : 'parseRightBody'}`,
          ],
        },
      ]),
    ),
  ),
  'src/hub.test.ts': {
    symbols: ['function checkEverything 1-5'],
    references: ['checkEverything > SessionStore @2'],
    imports: ['./hub.ts: SessionStore'],
  },
};

describe('the map of a repository', () => {
  it('begins with what is mentioned most, by files, with lines below what holds them', async () => {
    const { graph } = await graphOf(workspace);
    const map = await mapRepository(graph);
    expect(map.files[0]?.path).toBe('src/hub.ts');
    expect(map.text).toMatch(/^src\/hub\.ts\n {2}1 class SessionStore\n {4}3 method SessionStore\.append\n/u);
    expect(map.tokens).toBe(estimateTokens(map.text));
    expect(map.tokens).toBeLessThanOrEqual(1024);
    expect(map.files.map(({ path }) => path)).not.toContain('docs/guide.md');
    expect(map.unknownFocus).toBeUndefined();
  });

  it('fits any budget, and has more in a larger one', async () => {
    const { graph } = await graphOf(workspace);
    let before = 0;
    for (const tokens of [1, 10, 20, 40, 80, 200]) {
      const map = await mapRepository(graph, { tokens });
      expect(map.tokens).toBeLessThanOrEqual(tokens);
      const shown = map.files.reduce((sum, { symbols }) => sum + symbols.length, 0);
      expect(shown).toBeGreaterThanOrEqual(before);
      before = shown;
      expect(map.filesLeftOut).toBe(10 - map.files.length);
    }
    expect(before).toBeGreaterThan(5);
    const counted = await mapRepository(graph, { tokens: 100, countTokens: (text) => text.length });
    expect(counted.text.length).toBeLessThanOrEqual(100);
    expect(counted.tokens).toBe(counted.text.length);
  });

  it('is the same for the same index and focus, in whatever order the files came', async () => {
    const one = await mapRepository((await graphOf(workspace)).graph, { focus: ['src/left'] });
    const reversed = Object.fromEntries(Object.entries(workspace).toReversed());
    const other = await mapRepository((await graphOf(reversed)).graph, { focus: ['src/left'] });
    expect(other).toEqual(one);
  });

  it('moves to its focus: a file, a folder, a symbol', async () => {
    const { graph } = await graphOf(workspace);
    const order = async (focus: string) => {
      const { text } = await mapRepository(graph, { focus: [focus] });
      return [text.indexOf('parseLeftBody'), text.indexOf('parseRightBody')].map((at) => (at < 0 ? Infinity : at));
    };
    for (const [left, right] of [
      ['src/left/user1.ts', 'src/right/user1.ts'],
      ['src/left/', './src/right'],
      ['parseLeftBody', 'parseRightBody'],
    ] as const) {
      const [here = 0, there = 0] = await order(left);
      expect(here).toBeLessThan(there);
      const [far = 0, near = 0] = await order(right);
      expect(near).toBeLessThan(far);
    }
  });

  it('says what of the focus is not known', async () => {
    const { graph } = await graphOf(workspace);
    const map = await mapRepository(graph, { focus: ['nope.ts', 'SessionStore', 'neither'] });
    expect(map.unknownFocus).toEqual(['nope.ts', 'neither']);
  });

  it('shows a source, not what is compiled from it', async () => {
    const { graph } = await graphOf({
      ...workspace,
      'dist/types/hub.d.ts': { symbols: ['class SessionStore 1-9'] },
      ...Object.fromEntries(
        Array.from({ length: 5 }, (_, at) => [
          `dist/types/${String(at)}.d.ts`,
          { references: ['> SessionStore @2 use'], imports: ['./hub: SessionStore'] },
        ]),
      ),
    });
    const paths = (await mapRepository(graph, { tokens: 60 })).files.map(({ path }) => path);
    expect(paths[0]).toBe('src/hub.ts');
    expect(paths).not.toContain('dist/types/hub.d.ts');
  });

  it('is empty for a workspace without code', async () => {
    const { graph } = await graphOf({ 'readme.md': { language: 'markdown', symbols: ['section A 1-2'] } });
    expect(await mapRepository(graph)).toEqual({ text: '', tokens: 0, files: [], filesLeftOut: 0 });
  });

  it('stops when it is told to', async () => {
    const { graph } = await graphOf(workspace);
    await expect(mapRepository(graph, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('the ranks of symbols', () => {
  const ranksOf = async (focus: readonly string[] = []) => {
    const { graph } = await graphOf(workspace);
    const view = await graph.view();
    const files = new Set(focus.flatMap((path) => view.tables.paths.at(path) ?? []));
    const ranked = await rankSymbols(view, { files, symbols: new Set() });
    const infos = await graph.describe(
      view,
      ranked.map(({ handle }) => handle),
    );
    return new Map(infos.map(({ name }, at) => [name, ranked[at]?.rank ?? 0]));
  };

  it('count what is mentioned above what is not, and a private name less', async () => {
    const ranks = await ranksOf();
    const of = (name: string) => ranks.get(name) ?? 0;
    expect(of('SessionStore')).toBeGreaterThan(of('parseLeftBody'));
    expect(of('parseLeftBody')).toBeGreaterThan(of('unused'));
    expect(of('SessionStore')).toBeGreaterThan(50 * of('_private'));
    expect(of('unused')).toBeGreaterThan(0);
  });

  it('are those of PageRank: together no more than everything, with less for tests', async () => {
    const ranks = await ranksOf();
    const sum = [...ranks.values()].reduce((total, rank) => total + rank, 0);
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(1);
    expect(ranks.get('leftUser1')).toBeGreaterThan(ranks.get('checkEverything') ?? 1);
  });
});
