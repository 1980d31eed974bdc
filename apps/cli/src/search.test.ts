import type { Assistant, SearchHit } from '@nootropic/contracts';
import { expect, it } from 'vitest';
import { run, type RunOptions } from './fake-host.test-fixture.ts';

type SearchInput = Parameters<Assistant['search']>[0];

const hit: SearchHit = {
  path: 'src/deep/folder/with/a/long/name/cart-store.ts',
  startLine: 7,
  endLine: 9,
  symbol: 'CartStore.saveAllTheCartsThatAreThere',
  score: 2.5,
  snippet: `export function save(cart) {\n\t${'table.write(cart); '.repeat(10)}\n}`,
  signals: [
    { signal: 'text', value: 1, part: 0.85 },
    { signal: 'words held', value: 0.5, part: 2.4 },
    { signal: 'role of file', value: 0.4, part: -0.75 },
  ],
};

async function search(args: readonly string[], options: RunOptions & { notices?: string[]; hits?: SearchHit[] } = {}) {
  const asked: SearchInput[] = [];
  const { hits = [hit], notices = [], ...rest } = options;
  const answer: Assistant['search'] = async (input) => {
    asked.push(input);
    return { hits, notices };
  };
  const ran = await run(['search', ...args], { ...rest, host: { search: answer } });
  return { ...ran, asked };
}

it('asks for what its options say', async () => {
  const options = ['--path', 'src/', '--path', '*.py', '--lang', 'ts', '--kind', 'Class', '--explain', '-n', '500'];
  const { asked } = await search(['a', 'b', ...options]);
  expect(asked).toMatchObject([
    {
      query: 'a b',
      paths: ['src/', '*.py'],
      languages: ['ts'],
      kinds: ['class'],
      explain: true,
      mode: 'plain',
      limit: 500,
    },
  ]);
  expect((await search(['--exact', '  two  spaces '])).asked).toMatchObject([
    { query: '  two  spaces ', mode: 'exact' },
  ]);
  expect((await search(['--regex', 'a+$'])).asked).toMatchObject([{ query: 'a+$', mode: 'regex', explain: false }]);
});

it('refuses options that cannot be, and says what could', async () => {
  const both = await search(['--exact', '--regex', 'a']);
  expect([both.code, both.asked]).toEqual([2, []]);
  const kind = await search(['--kind', 'functoin', 'a']);
  expect([kind.code, kind.asked]).toEqual([2, []]);
  expect(kind.err).toContain('Did you mean function?');
});

it('fits on a terminal, and keeps everything in a pipe', async () => {
  const shown = await search(['--explain', 'a'], { terminal: true, columns: 80, env: { NO_COLOR: '1' } });
  for (const line of shown.out.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  expect(shown.out).toContain('…');
  expect(shown.out).not.toContain('\u001b');
  const piped = await search(['--explain', 'a']);
  expect(piped.out).toContain('table.write(cart); '.repeat(9));
  expect(piped.out).toContain(
    'score 2.500 =  +0.850 text (1.00)  +2.400 words held (0.50)  −0.750 role of file (0.40)',
  );
});

it('prints signals in JSON only when they are there', async () => {
  expect((await search(['--json', '--explain', 'a'])).lines()).toEqual([hit]);
  const { signals: _signals, ...bare } = hit;
  expect((await search(['--json', 'a'], { hits: [bare] })).lines()).toEqual([bare]);
});

it('says what to note beside the results, and that nothing was found', async () => {
  const { out, err, code } = await search(['--json', 'a'], { hits: [], notices: ['No file here is written in `x`.'] });
  expect([code, out, err]).toEqual([0, '', 'note: No file here is written in `x`.\n']);
  expect((await search(['a'], { hits: [] })).err).toBe('Nothing found.\n');
});

it('puts lines that were looked for close together', async () => {
  const lines = [1, 2].map((line) => ({
    ...hit,
    path: 'a.ts',
    startLine: line,
    endLine: line,
    symbol: '',
    snippet: '    x',
  }));
  const { out } = await search(['--exact', 'x'], { hits: [...lines, { ...lines[0], path: 'b.ts' } as SearchHit] });
  expect(out).toContain('a.ts:1\n  x\n  score');
  const { out: bare } = await search(['--exact', 'x'], {
    hits: lines.map(({ signals: _signals, ...line }) => line),
  });
  expect(bare).toBe('a.ts:1\n  x\na.ts:2\n  x\n\n');
});
