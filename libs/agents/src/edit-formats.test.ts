import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEdit, editFormats } from './edit-formats.ts';

const file = ['one', 'two', 'three', ''].join('\n');
const wanted = ['one', '2', 'three', ''].join('\n');

const answers = {
  'whole-file': `Here:\n\`\`\`ts\n${wanted}\`\`\`\n`,
  'search-replace': '<<<<<<< SEARCH\ntwo\n=======\n2\n>>>>>>> REPLACE',
  'unified-diff': '```diff\n--- a\n+++ b\n@@ -9,3 +1,3 @@\n one\n-two\n+2\n three\n```',
} as const;

describe('applyEdit', () => {
  it.each(editFormats)('applies %s', (format) => {
    expect(applyEdit(format, file, answers[format])).toBe(wanted);
  });

  it.each([
    ['whole-file', wanted],
    ['search-replace', '<<<<<<< SEARCH\nfour\n=======\n4\n>>>>>>> REPLACE'],
    ['search-replace', 'two -> 2'],
    ['unified-diff', '@@\n-four\n+4'],
    ['unified-diff', 'no diff'],
  ] as const)('refuses %s: %j', (format, answer) => {
    expect(applyEdit(format, file, answer)).toBeUndefined();
  });

  it.each([
    ['search-replace', '<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE'],
    ['unified-diff', '@@\n-a\n+b'],
  ] as const)('does not guess between two places: %s', (format, answer) => {
    expect(applyEdit(format, 'a\nx\na\n', answer)).toBeUndefined();
  });

  it('takes any answer without failing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...editFormats), fc.string(), (format, answer) => {
        const applied = applyEdit(format, file, answer);
        return applied === undefined || typeof applied === 'string';
      }),
    );
  });
});
