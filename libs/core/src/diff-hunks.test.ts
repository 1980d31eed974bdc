import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hunksBetween, hunksText, textOf, withHunks, withoutHunks } from './diff-hunks.ts';

/** Texts of few different lines, so that places are easily taken for each other; with all kinds of line ends, and without one at the end. */
const line = fc.constantFrom(
  '',
  'a',
  'b',
  'c',
  '}',
  ' ',
  '-a',
  '+a',
  '\\ No newline at end of file',
  '--- a',
  '@@ 1',
  'ä𝒳\u2028',
);
const lineEnd = fc.constantFrom('\n', '\n', '\r\n');
export const someText = fc
  .tuple(fc.array(fc.tuple(line, lineEnd), { maxLength: 60, size: 'max' }), fc.boolean())
  .map(([lines, ends]) => {
    const text = lines.map(([words, end]) => words + end).join('');
    return ends ? text : text.replace(/\r?\n$/u, '');
  });
/** A text, and the same with some of its lines changed. */
export const edited = fc
  .tuple(
    someText,
    fc.array(fc.tuple(fc.nat(60), fc.nat(2), fc.array(line, { maxLength: 3 })), {
      minLength: 1,
      maxLength: 6,
      size: 'max',
    }),
  )
  .map(([before, edits]) => {
    const lines = before.split('\n');
    for (const [at, gone, come] of edits) lines.splice(at % (lines.length + 1), gone, ...come);
    return { before, after: lines.join('\n') };
  });

const all = () => true;

describe('the hunks of two texts', () => {
  it('give the text before without any, the text after with all', () =>
    fc.assert(
      fc.property(edited, ({ before, after }) => {
        const hunks = hunksBetween(before, after) ?? [];
        expect(withHunks(before, hunks, () => false)).toBe(before);
        expect(withHunks(before, hunks, all)).toBe(after);
        expect(withoutHunks(after, { before, hunks }, all)).toBe(before);
      }),
    ));

  it('taken out one by one, in any order, give what all at once give', () =>
    fc.assert(
      fc.property(edited, fc.infiniteStream(fc.nat(1000)), fc.boolean(), ({ before, after }, numbers, twice) => {
        const hunks = hunksBetween(before, after) ?? [];
        const open = [...hunks.keys(), ...(twice ? hunks.keys() : [])];
        let text = after;
        while (open.length > 0) {
          const [next = 0] = open.splice((numbers.next().value ?? 0) % open.length, 1);
          text = withoutHunks(text, { before, hunks }, (index) => index === next) ?? 'does not fit';
        }
        expect(text).toBe(before);
      }),
      { numRuns: 400 },
    ));

  it('leave the lines that somebody added elsewhere, and do not fit where they were changed', () => {
    const before = Array.from({ length: 40 }, (_, index) => `line ${index}\n`).join('');
    const after = before.replace('line 5\n', 'five\n').replace('line 30\n', '').replace('line 39\n', 'end');
    const hunks = hunksBetween(before, after) ?? [];
    expect(hunks).toHaveLength(3);
    const current = `new\n${after.replace('line 18\n', 'eighteen\r\n')}`;
    expect(withoutHunks(current, { before, hunks }, all)).toBe(`new\n${before.replace('line 18\n', 'eighteen\r\n')}`);
    expect(withoutHunks(current, { before, hunks }, (index) => index === 1)).toBe(
      current.replace('line 29\n', 'line 29\nline 30\n'),
    );
    const touched = current.replace('line 4\n', 'four\n');
    expect(withoutHunks(touched, { before, hunks }, (index) => index === 0)).toBeUndefined();
    expect(withoutHunks(touched, { before, hunks }, (index) => index === 2)).toContain('line 39\n');
  });

  it('never fit anywhere where nothing stands around them', () => {
    const before = 'only\n';
    const hunks = hunksBetween(before, '') ?? [];
    expect(withoutHunks('other\n', { before, hunks }, all)).toBeUndefined();
  });

  it('are not looked for above a limit', () => {
    expect(hunksBetween('a'.repeat(11), '', { characters: 10, edits: 10 })).toBeUndefined();
    expect(hunksBetween('1\n2\n3\n', '4\n5\n6\n', { characters: 10, edits: 2 })).toBeUndefined();
    expect(hunksBetween('1\n2\n3\n', '1\n2\n4\n', { characters: 10, edits: 2 })).toHaveLength(1);
  });

  it('are written as a unified diff', () => {
    const hunks = hunksBetween('a\nb\n', 'a\nc') ?? [];
    expect(hunksText({ old: 'a/x', young: 'b/x' }, hunks)).toBe(
      '--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n',
    );
  });
});

describe('textOf', () => {
  it('keeps every byte of a text, and refuses what is none', () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    expect(textOf(bytes('\uFEFFä\r\n'))).toBe('\uFEFFä\r\n');
    expect(textOf(new Uint8Array([0x61, 0xff]))).toBeUndefined();
    expect(textOf(new Uint8Array([0x61, 0]))).toBeUndefined();
  });
});
