import type { Gathered, Knowledge } from '@nootropic/contracts';
import { createFakeParser, createMemoryFiles, createMemorySearchIndex, createScriptedModel } from '@nootropic/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKnowledge } from './knowledge.ts';

async function knowledgeOf(content: Record<string, string>): Promise<Knowledge> {
  const knowledge = createKnowledge({
    files: createMemoryFiles(content, { root: '/ws' }),
    parser: createFakeParser(),
    index: createMemorySearchIndex({ dimensions: 32 }),
    embedder: createScriptedModel({ script: [] }),
  });
  for await (const progress of knowledge.refresh()) expect(progress.phase).toBeDefined();
  return knowledge;
}

const body = (name: string, lines: number): string =>
  Array.from({ length: lines }, (_, at) => `  ${name}Step(${at});`).join('\n');

const shop = {
  'src/orders.ts': `export function placeOrder(order: OrderDraft): Receipt {\n  reserveStock(order);\n${body('order', 5)}\n}\n\n`,
  'src/types.ts':
    'export interface OrderDraft {\n  id: string;\n}\n\nexport interface Receipt {\n  total: number;\n}\n',
  'src/stock.ts': `export function reserveStock(order) {\n${body('stock', 12)}\n}\n`,
  'src/web.ts': `export function postOrder(request) {\n  placeOrder(request.body);\n${body('web', 12)}\n}\n`,
  'test/orders.test.ts': `function testPlaceOrder() {\n  placeOrder({ id: '1' });\n}\n`,
  'src/other.ts': `export function unrelated() {\n${body('other', 30)}\n}\n`,
};

const rolesOf = ({ blocks }: Gathered): string[] =>
  blocks.map(({ role = 'passage', citation }) => `${role} ${citation.symbol ?? citation.path}`);

describe('gather for one symbol', () => {
  it('gives it whole, then its types, the signatures around it, and its tests', async () => {
    const knowledge = await knowledgeOf(shop);
    const gathered = await knowledge.gather('placeOrder', { tokens: 2000, blocks: 6 });
    expect(rolesOf(gathered)).toEqual([
      'target placeOrder',
      'type OrderDraft',
      'type Receipt',
      'signature reserveStock',
      'signature postOrder',
      'test testPlaceOrder',
    ]);
    expect(gathered.blocks[0]?.text).toBe(shop['src/orders.ts'].trimEnd());
    expect(gathered.blocks[3]?.text).toBe('export function reserveStock(order) {');
    const scores = gathered.blocks.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((one, other) => other - one));
  });

  it('shows what fits as a whole only once, and not as a signature too', async () => {
    const knowledge = await knowledgeOf(shop);
    const roles = rolesOf(await knowledge.gather('placeOrder', { tokens: 3000 }));
    expect(roles).toContain('passage postOrder');
    expect(roles).not.toContain('signature postOrder');
    expect(new Set(roles).size).toBe(roles.length);
  });

  it('gives a symbol that is named and has no passage of its own', async () => {
    const knowledge = await knowledgeOf({
      ...shop,
      'src/limits.ts': 'const one = 1;\nconst maxRetries = 3;\nconst two = 2;\nmaxRetries;\n',
    });
    const { blocks } = await knowledge.gather('what is maxRetries?', { tokens: 800 });
    expect(blocks[0]).toMatchObject({ role: 'target', citation: { path: 'src/limits.ts', startLine: 2, endLine: 2 } });
  });

  it('gives the file that a question names', async () => {
    const knowledge = await knowledgeOf(shop);
    const { blocks } = await knowledge.gather('what is in types.ts?', { tokens: 2000 });
    expect(blocks[0]).toMatchObject({ role: 'target', citation: { path: 'src/types.ts', startLine: 1, endLine: 7 } });
  });

  it('says what was left out, with its size and why', async () => {
    const knowledge = await knowledgeOf({
      ...shop,
      'src/long.ts': `export function longOrder(order) {\n${body('long', 200)}\n}\n`,
    });
    const { blocks, leftOut } = await knowledge.gather('longOrder', { tokens: 300 });
    const end = blocks[0]?.citation.endLine ?? 0;
    expect(leftOut[0]).toMatchObject({
      path: 'src/long.ts',
      startLine: end + 1,
      endLine: 202,
      why: expect.stringContaining('cut') as string,
    });
    expect(leftOut[0]?.tokens).toBeGreaterThan(500);
    const small = await knowledge.gather('placeOrder', { tokens: 130 });
    expect(small.leftOut.map(({ path }) => path)).toContain('src/stock.ts');
  });

  it('is the same each time', async () => {
    const [one, other] = [await knowledgeOf(shop), await knowledgeOf(shop)];
    for (const query of ['placeOrder', 'how are orders placed', 'stock step'])
      expect(await one.gather(query, { tokens: 700 })).toEqual(await other.gather(query, { tokens: 700 }));
  });
});

describe('gather within a budget', () => {
  const names = fc.constantFrom('alpha', 'betaGamma', 'delta', 'Epsilon', 'zeta_eta');
  const file = fc
    .array(
      fc.record({
        name: names,
        calls: fc.array(names, { maxLength: 4 }),
        lines: fc.integer({ min: 0, max: 90 }),
        text: fc.string({ unit: 'grapheme', maxLength: 30 }),
      }),
      { maxLength: 4 },
    )
    .map((functions) =>
      functions
        .map(({ name, calls, lines, text }) => {
          const called = calls.map((call) => `  ${call}(1);`).join('\n');
          return `export function ${name}(x: Epsilon) {\n${called}\n${`  // ${text.replace(/\s/gu, ' ')}\n`.repeat(lines)}}\n`;
        })
        .join('\n'),
    );
  const tree = fc.dictionary(fc.constantFrom('a.ts', 'src/b.ts', 'test/a.test.ts', 'lib/c.py', 'd.md'), file, {
    minKeys: 1,
  });
  /** Tokenizers that differ: by words, by characters, and one that counts every byte and a start. */
  const tokenizers = fc.constantFrom(
    undefined,
    (text: string) => text.split(/\b/u).length,
    async (text: string) => text.length,
    (text: string) => new TextEncoder().encode(text).length + 1,
  );

  it('never takes more than the budget, by any tokenizer, and shows only what is in the files', async () => {
    await fc.assert(
      fc.asyncProperty(
        tree,
        fc.oneof(
          names,
          fc.string({ unit: 'grapheme', maxLength: 60 }),
          fc.constantFrom('a.ts', 'test/a.test.ts delta'),
        ),
        fc.record({
          countTokens: tokenizers,
          tokens: fc.integer({ min: 0, max: 3000 }),
          blocks: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
        }),
        async (content, query, { tokens, blocks, countTokens }) => {
          const knowledge = await knowledgeOf(content);
          const budget = { tokens, ...(blocks !== undefined && { blocks }), ...(countTokens && { countTokens }) };
          const gathered = await knowledge.gather(query, budget);
          expect(gathered.tokens).toBeLessThanOrEqual(tokens);
          if (blocks !== undefined) expect(gathered.blocks.length).toBeLessThanOrEqual(blocks);
          expect(gathered.leftOut.length).toBeLessThanOrEqual(50);
          let sum = 0;
          for (const block of gathered.blocks) {
            const { path, startLine, endLine } = block.citation;
            const read = await knowledge.read(path, { startLine, endLine });
            expect(read).toMatchObject({ startLine, endLine, text: block.text });
            if (countTokens) sum += await countTokens(block.text);
          }
          expect(sum).toBeLessThanOrEqual(tokens);
          for (const { startLine, endLine, tokens: size, why } of gathered.leftOut) {
            expect(endLine).toBeGreaterThanOrEqual(startLine);
            expect(size).toBeGreaterThan(0);
            expect(why).not.toBe('');
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
