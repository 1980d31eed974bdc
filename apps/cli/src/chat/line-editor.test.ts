import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { edited, emptyDraft, onEdge, shownDraft, type Draft, type Edit } from './line-editor.ts';

function type(text: string, ...edits: Edit[]): Draft {
  return edits.reduce(edited, edited(emptyDraft, { kind: 'insert', text }));
}

describe('edited', () => {
  it('moves and deletes by characters, words and lines', () => {
    expect(type('one two', { kind: 'word-left' }, { kind: 'insert', text: 'x' })).toEqual({
      text: 'one xtwo',
      cursor: 5,
    });
    expect(type('one two', { kind: 'delete-word' }).text).toBe('one ');
    expect(type('a\nbc', { kind: 'delete-to-start' }).text).toBe('a\n');
    expect(type('a\nbc', { kind: 'up' }, { kind: 'insert', text: '!' }).text).toBe('a!\nbc');
    expect(type('abc\nd', { kind: 'start' }, { kind: 'left' }, { kind: 'delete-to-end' }).text).toBe('abc\nd');
    expect(type('ab', { kind: 'start' }, { kind: 'delete' }).text).toBe('b');
  });

  it('takes an emoji of several code points away as one', () => {
    expect(type('a👩‍💻', { kind: 'backspace' }).text).toBe('a');
    expect(type('a👩‍💻', { kind: 'left' }).cursor).toBe(1);
  });

  it('knows the first and the last line', () => {
    expect(onEdge({ text: 'a\nb', cursor: 3 }, 'first')).toBe(false);
    expect(onEdge({ text: 'a\nb', cursor: 3 }, 'last')).toBe(true);
  });

  it('keeps the cursor in the text whatever is pressed', () => {
    const kinds = [
      'left',
      'right',
      'word-left',
      'word-right',
      'start',
      'end',
      'backspace',
      'delete',
      'delete-word',
      'delete-to-start',
      'delete-to-end',
      'up',
      'down',
    ] as const;
    const edit: fc.Arbitrary<Edit> = fc.oneof(
      fc.constantFrom(...kinds).map((kind) => ({ kind }) as Edit),
      fc.constantFrom('a', ' ', '\n', '漢', '👩‍💻', 'ab c').map((text): Edit => ({ kind: 'insert', text })),
    );
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 60 }), fc.integer({ min: 4, max: 30 }), (edits, width) => {
        const draft = edits.reduce(edited, emptyDraft);
        expect(draft.cursor).toBeGreaterThanOrEqual(0);
        expect(draft.cursor).toBeLessThanOrEqual(draft.text.length);
        const shown = shownDraft(draft, width);
        expect(shown.row).toBeLessThan(shown.lines.length);
        expect(shown.column).toBeLessThan(width);
        expect(shown.lines.join('')).toBe(draft.text.replaceAll('\n', ''));
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});

describe('shownDraft', () => {
  it('wraps at the edge and says where the cursor is', () => {
    expect(shownDraft({ text: 'abcdef', cursor: 6 }, 4)).toEqual({ lines: ['abcd', 'ef'], row: 1, column: 2 });
    expect(shownDraft({ text: 'abcd', cursor: 4 }, 4)).toEqual({ lines: ['abcd', ''], row: 1, column: 0 });
    expect(shownDraft({ text: 'a\nb', cursor: 1 }, 4)).toEqual({ lines: ['a', 'b'], row: 0, column: 1 });
  });
});
