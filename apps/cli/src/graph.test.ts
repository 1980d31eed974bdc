import type { Assistant } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { run, type RunOptions } from './fake-host.test-fixture.ts';

type Found = Awaited<ReturnType<Assistant['graph']>>;
type Asked = Parameters<Assistant['graph']>[0];

const symbol = (name: string, path: string, startLine: number): Found['symbols'][number] => ({
  path,
  name,
  kind: 'function',
  startLine,
  endLine: startLine + 2,
  signature: `function ${name}()`,
  doc: '',
});

const found: Found = {
  symbols: [symbol('open', 'src/store.ts', 10)],
  nodes: [
    {
      symbol: symbol('run', 'src/app.ts', 4),
      depth: 1,
      relation: 'calls',
      strength: 'resolved',
      at: { path: 'src/app.ts', line: 6, name: 'open', from: 'run' },
    },
    { symbol: symbol('again', 'src/app.ts', 14), depth: 1, relation: 'calls', strength: 'name' },
    { symbol: symbol('', 'src/app.test.ts', 1), depth: 2, relation: 'tests', strength: 'resolved' },
  ],
  history: {
    changesWith: [{ path: 'docs/store.md', share: 0.5 }],
    lastChange: { author: 'Ada', at: '2026-02-03T04:05:06Z', commit: '0123456789abcdef', message: 'Open it\n\nlong' },
  },
  truncated: true,
};

function answering(answer: Found, asked: Asked[] = []): RunOptions {
  return {
    host: {
      graph: async (input) => {
        asked.push(input);
        return answer;
      },
    },
  };
}

describe('graph', () => {
  it('groups what it found by steps and files, with lines, and marks what is known by name only', async () => {
    const ran = await run(['graph', 'impact', 'open'], answering(found));
    expect(ran.code).toBe(0);
    expect(ran.out).toBe(
      `open  src/store.ts:10-12  function open()

1 step
src/app.ts
       6  run  calls
 ~    14  again  calls

2 steps
src/app.test.ts
       1  the file itself  tests

Changes with
   50%  docs/store.md

Last changed  2026-02-03 by Ada, 0123456789: Open it
`,
    );
    expect(ran.err).toContain('~ known by name only');
    expect(ran.err).toContain('Only the first 3 are shown');
  });

  it('prints the chain of a path in its order', async () => {
    const chain: Found = {
      symbols: [symbol('main', 'm.ts', 1)],
      nodes: [
        { symbol: symbol('main', 'm.ts', 1), depth: 0, relation: '', strength: 'resolved' },
        {
          symbol: symbol('open', 's.ts', 10),
          depth: 1,
          relation: 'called by',
          strength: 'name',
          at: { path: 'm.ts', line: 2, name: 'open', from: 'main' },
        },
      ],
      truncated: false,
    };
    const asked: Asked[] = [];
    const ran = await run(['graph', 'path', 'main', 'open', '--depth', '4', '-n', '7'], answering(chain, asked));
    expect(ran.out).toBe('main  m.ts:1-3\n  ~→ open  s.ts:10-12  by m.ts:2\n');
    expect(asked[0]).toMatchObject({ ask: 'path', symbol: 'main', to: 'open', depth: 4, limit: 7 });
  });

  it('prints everything as one JSON value', async () => {
    const ran = await run(['graph', 'callers', 'open', '--json'], answering(found));
    expect(JSON.parse(ran.out)).toEqual(found);
    expect(ran.err).toBe('');
  });

  it('says so when there is nothing', async () => {
    const ran = await run(
      ['graph', 'tests', 'open'],
      answering({ ...found, nodes: [], history: undefined, truncated: false } as never),
    );
    expect(ran.code).toBe(0);
    expect(ran.err).toContain('No tests of it were found.');
  });

  it('fails for a name that is unknown, with names like it', async () => {
    const unknown = { symbols: [], nodes: [], truncated: false, unclear: 'opne', near: ['open', 'openAll'] };
    const ran = await run(['graph', 'callers', 'opne'], answering(unknown));
    expect(ran.code).toBe(5);
    expect(ran.err).toContain('There is no symbol opne here.');
    expect(ran.err).toContain('Did you mean open, openAll?');
    const json = await run(['graph', 'callers', 'opne', '--json'], answering(unknown));
    expect(json.code).toBe(5);
    expect(JSON.parse(json.out)).toMatchObject({ error: { code: 'NOT_FOUND' } });
  });

  it('fails for a name that may mean several, and names them', async () => {
    const several = { ...found, symbols: [symbol('f', 'a.ts', 1), symbol('X.f', 'b.ts', 5)], nodes: [], unclear: 'f' };
    const ran = await run(['graph', 'callers', 'f'], answering(several));
    expect(ran.code).toBe(2);
    expect(ran.err).toContain('f may mean 2 symbols: a.ts:1 (f), b.ts:5 (X.f).');
    expect(ran.err).toContain('path:line');
  });

  it.each([
    [['graph', 'callers']],
    [['graph', 'path', 'one']],
    [['graph', 'callers', 'x', '--depth', '0']],
    [['graph', 'callers', 'x', '--limit', 'many']],
    [['map', '--tokens', '1']],
  ])('refuses %j', async (args) => {
    expect((await run(args)).code).toBe(2);
  });

  it('lets no text of a file steer the terminal', async () => {
    const evil = 'a\u001b]0;pwned\u0007\u001b[2Jb';
    const answer = {
      ...found,
      symbols: [symbol(evil, evil, 1)],
      nodes: [{ symbol: symbol(evil, evil, 1), depth: 1, relation: 'calls', strength: 'resolved' as const }],
    };
    const ran = await run(['graph', 'callers', 'a'], { ...answering(answer), terminal: true, env: { NO_COLOR: '1' } });
    expect(ran.out).not.toContain('\u001b]');
    expect(ran.out).not.toContain('\u001b[2J');
  });
});

describe('map', () => {
  it('prints the outline, and how much was left out', async () => {
    const ran = await run(['map']);
    expect(ran.out).toContain('src/a.ts\n  1 const a\n');
    expect(ran.err).toContain('about 8 tokens; 3 files left out.');
    expect(JSON.parse((await run(['map', '--json'])).out)).toMatchObject({ tokens: 8, filesLeftOut: 3 });
  });

  it('asks with the focus and the budget, and says what of the focus is not known', async () => {
    const asked: unknown[] = [];
    const ran = await run(['map', '--tokens', '300', '--focus', 'src', 'nope'], {
      host: {
        map: async (input) => {
          asked.push(input);
          return { text: '', tokens: 0, files: [], filesLeftOut: 0, unknownFocus: ['nope'] };
        },
      },
    });
    expect(asked).toEqual([expect.objectContaining({ tokens: 300, focus: ['src', 'nope'] })]);
    expect(ran.err).toContain('Nothing here is called nope');
    expect(ran.err).toContain('no code here');
  });
});
