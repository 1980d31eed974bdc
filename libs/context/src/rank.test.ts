import type { ChunkHit } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { readQuery } from './query.ts';
import { limitPerFile, rankCandidates } from './rank.ts';
import type { Candidate } from './rank-signs.ts';
import { rankWeights } from './rank-weights.ts';

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
      { hit: hit('a.ts', 'one'), textScore: 10 },
      { hit: hit('b.ts', 'two'), textScore: 9.5, vectorScore: 0.5 },
      { hit: hit('c.ts', 'three'), vectorScore: 0.4 },
    ];
    expect(order('striped horses', candidates)).toEqual(['b.ts', 'a.ts', 'c.ts']);
  });

  it('puts source before tests, documents and declarations that stand higher in the lists', () => {
    const candidates = [
      { hit: hit('test/cart.test.ts', 'cart'), textScore: 10, vectorScore: 0.5 },
      { hit: hit('docs/cart.md', 'cart'), textScore: 9, vectorScore: 0.4 },
      { hit: hit('types/cart.d.ts', 'cart'), textScore: 8, vectorScore: 0.3 },
      { hit: hit('src/cart.ts', 'cart'), textScore: 7, vectorScore: 0.2 },
    ];
    expect(order('how does the cart work', candidates)[0]).toBe('src/cart.ts');
    expect(order('documentation of the cart', candidates)[0]).toBe('docs/cart.md');
    expect(order('cart tests', candidates)[0]).toBe('test/cart.test.ts');
  });

  it('raises the definition of a named symbol above places that mention it', () => {
    const candidates: Candidate[] = [
      { hit: hit('a.ts', 'run', 'saveCart(cart)'), textScore: 10, vectorScore: 0.5 },
      { hit: hit('b.ts', 'saveCart', 'function saveCart() {}'), defines: 'named' },
    ];
    expect(order('saveCart', candidates)).toEqual(['b.ts', 'a.ts']);
  });

  it('prefers the file whose name says it, and the chunk that holds more of the question', () => {
    const candidates = [
      { hit: hit('src/main.ts', 'start', 'tax rate'), textScore: 10 },
      { hit: hit('src/tax-rate.ts', 'find', 'tax rate'), textScore: 9 },
      { hit: hit('src/other.ts', 'start', 'tax'), textScore: 8 },
    ];
    expect(order('tax rates', candidates)).toEqual(['src/tax-rate.ts', 'src/main.ts', 'src/other.ts']);
  });

  it('puts the written source above its compiled copies', () => {
    const candidates = [
      { hit: hit('v4/core/parse.cjs', 'parse'), textScore: 10 },
      { hit: hit('v4/core/parse.js', 'parse'), textScore: 9.9 },
      { hit: hit('src/v4/core/parse.ts', 'parse'), textScore: 9.8 },
      { hit: hit('src/other/reader.ts', 'parse'), textScore: 9.7 },
    ];
    expect(order('parse', candidates).slice(0, 2)).toEqual(['src/v4/core/parse.ts', 'src/other/reader.ts']);
  });

  it('gives every chunk a score above zero, and nothing for nothing', () => {
    const ranked = rankCandidates(readQuery('zebra'), [{ hit: hit('LICENSE', ''), vectorScore: 0.05 }]);
    expect(ranked[0]?.score).toBeGreaterThan(0);
    expect(rankCandidates(readQuery(''), [])).toEqual([]);
  });
});

describe('the weights', () => {
  const candidates = [
    { hit: hit('a.ts', 'one'), textScore: 10, vectorScore: 0.1 },
    { hit: hit('b.ts', 'two'), textScore: 9.9, vectorScore: 0.5 },
    { hit: hit('c.ts', 'three'), textScore: 5, vectorScore: 0.9 },
  ];
  const first = (question: string, vector: number, vectorOfNames: number) =>
    rankCandidates(readQuery(question), candidates, { ...rankWeights, vector, vectorOfNames })[0]?.hit.path;

  it('share the sum of text and vector scores, apart for names and for words', () => {
    expect(first('striped horses', 0, 1)).toBe('a.ts');
    expect(first('striped horses', 0.3, 1)).toBe('b.ts');
    expect(first('striped horses', 1, 0)).toBe('c.ts');
    expect(first('zebra', 1, 0)).toBe('a.ts');
    expect(first('zebra', 0, 1)).toBe('c.ts');
  });

  it('keep how far apart two scores are: a place that is far better in one list wins', () => {
    const close = [
      { hit: hit('a.ts', 'one'), textScore: 10, vectorScore: 0.2 },
      { hit: hit('b.ts', 'two'), textScore: 9.99, vectorScore: 0.9 },
    ];
    const ranked = rankCandidates(readQuery('striped horses'), close, { ...rankWeights, vector: 0.1 });
    expect(ranked[0]?.hit.path).toBe('b.ts');
  });
});

describe('limitPerFile', () => {
  it('keeps two chunks of a file', () => {
    const ranked = [1, 5, 9, 13].map((line) => ({
      hit: at(line, 'a.ts', { symbol: 'a', text: 'a' }),
      score: 1,
      signals: [],
    }));
    expect(
      limitPerFile([...ranked, { hit: hit('b.ts', 'b'), score: 0.5, signals: [] }], 10).map((chunk) => chunk.hit.path),
    ).toEqual(['a.ts', 'a.ts', 'b.ts']);
  });
});
