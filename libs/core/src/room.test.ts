import type { ContextBlock, Model } from '@nootropic/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitAttachedTexts, fitBlocks, measureRoom } from './room.ts';

/** A model whose tokenizer gives one token for so many characters. */
const model = (contextLength: number, charactersPerToken: number) =>
  ({
    info: { contextLength },
    countTokens: async (text: string) => Math.ceil(text.length / charactersPerToken),
  }) as unknown as Model;

const block = (lines: number, path = 'a.ts'): ContextBlock => ({
  citation: { path, startLine: 10, endLine: 9 + lines },
  text: Array.from({ length: lines }, (_, index) => `line ${index + 10} of the passage`).join('\n'),
  score: 1,
  signature: '',
  doc: '',
  callers: [],
});

describe('measureRoom', () => {
  it('fits the context whatever the tokenizer is, and leaves room for the answer', async () => {
    for (const perToken of [0.8, 1, 3.3, 6]) {
      const room = await measureRoom(model(4096, perToken), 'x'.repeat(5000), 1024);
      expect(room.characters / perToken + room.answerTokens).toBeLessThanOrEqual(4096);
      expect(room.characters / perToken).toBeGreaterThan(2500);
    }
  });

  it('gives a short context mostly to the question', async () => {
    expect((await measureRoom(model(1024, 3), 'x'.repeat(500), 1024)).answerTokens).toBe(256);
  });
});

describe('fitBlocks', () => {
  it('never gives more than there is room for, and never a line that is not there', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 8 }),
        fc.integer({ min: -100, max: 6000 }),
        (sizes, characters) => {
          const blocks = sizes.map((lines, index) => block(lines, `file${index}.ts`));
          const kept = fitBlocks(blocks, characters);
          expect(kept.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(Math.max(0, characters));
          for (const [index, { text, citation }] of kept.entries()) {
            expect(blocks[index]?.text.startsWith(text)).toBe(true);
            expect(citation.endLine - citation.startLine + 1).toBe(text.split('\n').length);
          }
        },
      ),
    );
  });

  it('cuts the last passage at a line rather than dropping it', () => {
    const [cut] = fitBlocks([block(50)], 600);
    expect(cut?.citation).toMatchObject({ startLine: 10 });
    expect(cut?.citation.endLine).toBeLessThan(59);
    expect(cut?.citation.endLine).toBeGreaterThan(12);
  });
});

describe('fitAttachedTexts', () => {
  const texts = (sizes: readonly number[]) =>
    sizes.map((size) => ({ kind: 'text' as const, name: 'x', text: 'x'.repeat(size) }));

  it('takes what is over from the longest', () => {
    expect(fitAttachedTexts(texts([10, 500, 900]), 410)).toEqual([10, 200, 200]);
    expect(fitAttachedTexts(texts([10, 20]), 30)).toBeUndefined();
    expect(fitAttachedTexts([{ kind: 'file', path: 'a' }], -5)).toBeUndefined();
  });

  it('never gives more than there is', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { maxLength: 6 }), fc.integer({ min: -10, max: 900 }), (sizes, characters) => {
        const kept = fitAttachedTexts(texts(sizes), characters) ?? sizes;
        const sum = kept.reduce((total, size) => total + size, 0);
        expect(sum).toBeLessThanOrEqual(Math.max(0, characters));
      }),
    );
  });
});
