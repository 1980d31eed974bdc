import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visibleLine, visibleText } from './visible-text.ts';

describe('visibleText', () => {
  it('takes control sequences out, and names what hides', () => {
    expect(visibleText('a\u001b]52;c;ZXZpbA==\u0007b\u001b]8;;http://x\u001b\\c')).toBe('abc');
    expect(visibleText('if (admin\u202e \u2066// check')).toBe('if (admin<U+202E> <U+2066>// check');
    expect(visibleText('a\u{e0041}b\tc')).toBe('a<U+E0041>b    c');
    expect(visibleLine(' a\n b ')).toBe('a b');
  });

  it('leaves nothing that a terminal obeys, whatever the text', () => {
    const part = fc.oneof(
      fc.string(),
      fc.constantFrom('\u001b[2J', '\u001b]0;t\u0007', '\u009b31m', '\u001bP', '\r', '\b', '\u0000', '\u202e'),
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        expect(visibleText(parts.join(''))).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u);
      }),
      { seed: 7, numRuns: 1000 },
    );
  });
});
