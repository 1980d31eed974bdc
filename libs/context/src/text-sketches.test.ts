import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTextSketches } from './text-sketches.ts';

const entry = { path: 'a.ts', bytes: 1, mtimeMs: 1 };

describe('sketches of texts', () => {
  it('never say no of a text that holds the string, in any case of its letters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.nat(), fc.nat(40), (text, start, length) => {
        const sketches = createTextSketches();
        sketches.note(entry, text);
        const from = text.length === 0 ? 0 : start % text.length;
        const part = text.slice(from, from + length);
        const ascii = (change: (letter: string) => string) => part.replace(/[a-zA-Z]/gu, change);
        return (
          sketches.mayHold(entry, part) &&
          sketches.mayHold(
            entry,
            ascii((letter) => letter.toUpperCase()),
          ) &&
          sketches.mayHold(
            entry,
            ascii((letter) => letter.toLowerCase()),
          )
        );
      }),
      { seed: 4, numRuns: 2_000 },
    );
  });

  it('say no of nearly every string that a text does not hold', () => {
    const sketches = createTextSketches();
    const words = Array.from({ length: 3_000 }, (_, at) => `name${String(at * 7919)}of`);
    sketches.note(entry, words.join(' '));
    const strangers = Array.from({ length: 500 }, (_, at) => `other_${String(at)}_thing`);
    expect(strangers.filter((word) => sketches.mayHold(entry, word)).length).toBeLessThan(5);
    expect(words.every((word) => sketches.mayHold(entry, word))).toBe(true);
  });

  it('know nothing of a file that changed, of a string too short, and of what was dropped for want of room', () => {
    const sketches = createTextSketches({ maxBytes: 100 });
    sketches.note(entry, 'abcdef');
    expect(sketches.mayHold(entry, 'xyz')).toBe(false);
    expect(sketches.mayHold(entry, 'xy')).toBe(true);
    expect(sketches.mayHold({ ...entry, bytes: 2 }, 'xyz')).toBe(true);
    expect(sketches.mayHold({ ...entry, mtimeMs: 2 }, 'xyz')).toBe(true);
    for (const path of ['b.ts', 'c.ts', 'd.ts']) sketches.note({ ...entry, path }, 'abcdef');
    expect(sketches.mayHold(entry, 'xyz')).toBe(true);
    expect(sketches.mayHold({ ...entry, path: 'd.ts' }, 'xyz')).toBe(false);
  });
});
