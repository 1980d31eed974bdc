import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockCharacters, createTextCutter, tokenWeight, type TextBlock } from './context-cutter.ts';

function cut(pieces: readonly string[]): {
  blocks: TextBlock[];
  measure: ReturnType<ReturnType<typeof createTextCutter>['measure']>;
} {
  const cutter = createTextCutter();
  const blocks = [...pieces.flatMap((piece) => [...cutter.push(piece)]), ...cutter.end()];
  return { blocks, measure: cutter.measure() };
}

const texts = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constant('\n'),
      fc.integer({ min: 1, max: 90_000 }).map((length) => 'x'.repeat(length)),
      fc.integer({ min: 1, max: 40_000 }).map((length) => '\u{1f9e0}'.repeat(length)),
      fc.integer({ min: 1, max: 5_000 }).map((lines) => 'a line of a text\n'.repeat(lines)),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join('').toWellFormed());

describe('createTextCutter', () => {
  it('gives blocks that together are the text, however it arrives', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.integer({ min: 1, max: 100_000 }), { maxLength: 6 }), (text, sizes) => {
        const pieces: string[] = [];
        let at = 0;
        for (const size of sizes) {
          pieces.push(text.slice(at, at + size));
          at += size;
        }
        const { blocks, measure } = cut([...pieces, text.slice(at)]);
        expect(blocks.map((block) => block.text).join('')).toBe(text);
        let offset = 0;
        let line = 1;
        for (const block of blocks) {
          expect(block.text.length).toBeLessThanOrEqual(blockCharacters);
          expect(block).toMatchObject({ offset, line });
          expect(block.text.isWellFormed()).toBe(true);
          offset += block.text.length;
          line += block.text.split('\n').length - 1;
          let from = 0;
          for (const passage of block.passages) {
            expect(passage.from).toBe(from);
            expect(passage.to - passage.from).toBeLessThanOrEqual(2000);
            expect(passage.startLine).toBe(block.line + block.text.slice(0, from).split('\n').length - 1);
            expect(passage.endLine).toBe(
              block.line + block.text.slice(0, passage.to).replace(/\n$/u, '').split('\n').length - 1,
            );
            from = passage.to;
          }
          expect(from).toBe(block.text.length);
        }
        expect(measure.bytes).toBe(new TextEncoder().encode(text).length);
        expect(measure.characters).toBe(text.length);
        expect(measure.lines).toBe(text === '' ? 0 : text.replace(/\n$/u, '').split('\n').length);
        expect(measure.tokens).toBe(Math.ceil(Number(blocks.reduce((sum, block) => sum + tokenWeight(block.text), 0))));
      }),
      { numRuns: 60 },
    );
  });

  it('cuts at a line where there is one in the second half', () => {
    const { blocks } = cut([`${'a'.repeat(40_000)}\n${'b'.repeat(40_000)}\n`]);
    expect(blocks.map((block) => [block.text.length, block.line])).toEqual([
      [40_001, 1],
      [40_001, 2],
    ]);
  });
});
