import type { ChunkHit } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { readQuery } from './query.ts';
import { limitPerFile, rankCandidates, type Candidate } from './rank.ts';

const hit = (path: string, symbol: string, text = `${symbol}();`): ChunkHit => at(1, path, { symbol, text });
const at = (startLine: number, path: string, { symbol, text }: { symbol: string; text: string }): ChunkHit => ({
  path,
  chunk: {
    hash: `${path} ${String(startLine)}`,
    startLine,
    endLine: startLine + 2,
    symbol,
    signature: '',
    doc: '',
    text,
  },
  score: 1,
});
const order = (question: string, candidates: readonly Candidate[]): string[] =>
  rankCandidates(readQuery(question), candidates).map((ranked) => ranked.hit.path);

describe('rankCandidates', () => {
  it('puts first what both lists name', () => {
    const candidates = [
      { hit: hit('a.ts', 'one'), textRank: 1 },
      { hit: hit('b.ts', 'two'), textRank: 2, vectorRank: 1 },
      { hit: hit('c.ts', 'three'), vectorRank: 2 },
    ];
    expect(order('zebra', candidates)).toEqual(['b.ts', 'a.ts', 'c.ts']);
  });

  it('puts source before tests, documents and declarations that stand higher in the lists', () => {
    const candidates = [
      { hit: hit('test/cart.test.ts', 'cart'), textRank: 1, vectorRank: 1 },
      { hit: hit('docs/cart.md', 'cart'), textRank: 2, vectorRank: 2 },
      { hit: hit('types/cart.d.ts', 'cart'), textRank: 3, vectorRank: 3 },
      { hit: hit('src/cart.ts', 'cart'), textRank: 4, vectorRank: 4 },
    ];
    expect(order('how does the cart work', candidates)[0]).toBe('src/cart.ts');
    expect(order('documentation of the cart', candidates)[0]).toBe('docs/cart.md');
    expect(order('cart tests', candidates)[0]).toBe('test/cart.test.ts');
  });

  it('raises the definition of a named symbol above places that mention it', () => {
    const candidates: Candidate[] = [
      { hit: hit('a.ts', 'run', 'saveCart(cart)'), textRank: 1, vectorRank: 1 },
      { hit: hit('b.ts', 'saveCart', 'function saveCart() {}'), defines: 'named' },
    ];
    expect(order('saveCart', candidates)).toEqual(['b.ts', 'a.ts']);
  });

  it('prefers the file whose name says it, and the chunk that holds more of the question', () => {
    const candidates = [
      { hit: hit('src/main.ts', 'start', 'tax rate'), textRank: 1 },
      { hit: hit('src/tax-rate.ts', 'find', 'tax rate'), textRank: 2 },
      { hit: hit('src/other.ts', 'start', 'tax'), textRank: 3 },
    ];
    expect(order('tax rates', candidates)).toEqual(['src/tax-rate.ts', 'src/main.ts', 'src/other.ts']);
  });

  it('puts the written source above its compiled copies', () => {
    const candidates = [
      { hit: hit('v4/core/parse.cjs', 'parse'), textRank: 1 },
      { hit: hit('v4/core/parse.js', 'parse'), textRank: 2 },
      { hit: hit('src/v4/core/parse.ts', 'parse'), textRank: 3 },
      { hit: hit('src/other/reader.ts', 'parse'), textRank: 4 },
    ];
    expect(order('parse', candidates).slice(0, 2)).toEqual(['src/v4/core/parse.ts', 'src/other/reader.ts']);
  });

  it('gives every chunk a score above zero, and nothing for nothing', () => {
    const ranked = rankCandidates(readQuery('zebra'), [{ hit: hit('LICENSE', ''), vectorRank: 100 }]);
    expect(ranked[0]?.score).toBeGreaterThan(0);
    expect(rankCandidates(readQuery(''), [])).toEqual([]);
  });
});

describe('limitPerFile', () => {
  it('keeps two chunks of a file', () => {
    const ranked = [1, 5, 9, 13].map((line) => ({ hit: at(line, 'a.ts', { symbol: 'a', text: 'a' }), score: 1 }));
    expect(limitPerFile([...ranked, { hit: hit('b.ts', 'b'), score: 0.5 }], 10).map((chunk) => chunk.hit.path)).toEqual(
      ['a.ts', 'a.ts', 'b.ts'],
    );
  });
});
