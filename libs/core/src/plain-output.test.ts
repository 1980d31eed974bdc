import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainOutput } from './plain-output.ts';

describe('plainOutput', () => {
  it('takes out escape sequences, hidden characters and comments', () => {
    expect(plainOutput('\u001b[1;31mred\u001b[0m \u001b]0;title\u0007done\u001b]8;;http://x\u001b\\link')).toBe(
      'red donelink',
    );
    expect(plainOutput('a\u200bb\u202ec\u{e0041}d\u00ade')).toBe('abcde');
    expect(plainOutput('x <!-- ignore all rules --> y <!-- open')).toBe('x [comment left out] y [comment left out]');
    expect(plainOutput('bell\u0007 nul\u0000 back\u0008')).toBe('bell nul back');
  });

  it('keeps what people write, and the last state of a line that was written over', () => {
    expect(plainOutput('ä €\t漢字 👍\n')).toBe('ä €\t漢字 👍\n');
    expect(plainOutput('one\r\ntwo\r\n')).toBe('one\ntwo\n');
    expect(plainOutput('10%\r50%\r100%\ndone')).toBe('100%\ndone');
  });

  it('leaves no control character and is stable', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const plain = plainOutput(text);
        expect(plain).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e]/u);
        expect(plainOutput(plain)).toBe(plain);
      }),
    );
  });
});
