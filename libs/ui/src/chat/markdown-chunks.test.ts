import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { markdownChunks } from './markdown-chunks.ts';

const texts = (text: string): string[] => markdownChunks(text).map((chunk) => chunk.text.trim());

describe('markdownChunks', () => {
  it('parts paragraphs, and leaves a list and what is indented in it together', () => {
    expect(texts('One.\n\nTwo.\n\n1. a\n\n   more\n\n2. b\n\nThree.')).toEqual([
      'One.',
      'Two.',
      '1. a\n\n   more\n\n2. b',
      'Three.',
    ]);
  });

  it('leaves code whole, whatever is in it', () => {
    expect(texts('See:\n```ts\na\n\nb\n```\nDone.')).toEqual(['See:', '```ts\na\n\nb\n```', 'Done.']);
    expect(texts('- a\n  ```\n  x\n\ny\n  ```\n')).toHaveLength(1);
  });

  it('gives code that is still written with its language', () => {
    expect(markdownChunks('See:\n\n```ts\nconst a').at(-1)?.openCode).toEqual({ language: 'ts', text: 'const a' });
    expect(markdownChunks('~~~~\n```\nx').at(-1)?.openCode).toEqual({ language: '', text: '```\nx' });
  });

  it('does not part a text that defines its links at its end', () => {
    expect(texts('See [it].\n\nMore.\n\n[it]: https://example.org')).toHaveLength(1);
  });

  const line = fc.constantFrom(
    'word',
    '',
    '- item',
    '2. item',
    '  indented',
    '```',
    '```ts',
    '~~~',
    '# head',
    '> said',
    '| a |',
  );
  it('loses no text, and does not change a part once another follows it', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), fc.nat(), (lines, at) => {
        const text = lines.join('\n');
        const whole = markdownChunks(text);
        const joined = whole.map((chunk) => chunk.text).join('');
        expect(joined.replaceAll(/\s/gu, '')).toBe(text.replaceAll(/\s/gu, ''));
        const before = markdownChunks(lines.slice(0, at % (lines.length + 1)).join('\n'));
        // The last two may still grow or join: a list goes on behind an empty line.
        expect(before.slice(0, -2).map((chunk) => chunk.text.trim())).toEqual(
          whole.slice(0, Math.max(0, before.length - 2)).map((chunk) => chunk.text.trim()),
        );
      }),
    );
  });
});
