import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completionRoom, mayBeMany, placeCompletion } from './completion-place.ts';

const room = { prefix: 1_000, suffix: 200, extra: 200 };
const file = (lines: number): string => Array.from({ length: lines }, (_, at) => `line ${String(at)} of it\n`).join('');

describe('placeCompletion', () => {
  it('takes what is next to the cursor, whole lines of it', () => {
    const { prefix, begun, suffix } = placeCompletion(`${file(200)}const a = `, `;\n${file(50)}`, room);
    expect((prefix + begun).endsWith('line 199 of it\nconst a = ')).toBe(true);
    expect(prefix.startsWith('line ')).toBe(true);
    expect(prefix.length + begun.length).toBeLessThanOrEqual(room.prefix);
    expect(suffix).toMatch(/^;\nline 0 of it\n(?:line \d+ of it\n)*$/);
  });

  it('moves the beginning only once in many lines, and the anchor too', () => {
    const starts = new Set<number>();
    const anchors = new Set<number>();
    for (let lines = 100; lines < 164; lines += 1) {
      const before = file(lines);
      for (const typed of ['', 'x', 'xy']) {
        const { from, prefix } = placeCompletion(before + typed, '', room);
        starts.add(from);
        anchors.add(from + prefix.length);
      }
    }
    expect(starts.size).toBeLessThanOrEqual(4);
    expect(anchors.size).toBeLessThanOrEqual(64 / 16 + 1);
  });

  it('reads all of a small file', () => {
    expect(placeCompletion('a\nb', 'c\nd', room)).toEqual({ prefix: '', begun: 'a\nb', suffix: 'c\nd', from: 0 });
  });

  it('fits whatever the text, joins to it, and a key on a line changes nothing but the end', () => {
    const line = fc.oneof(
      { weight: 9, arbitrary: fc.string({ maxLength: 60 }) },
      { weight: 1, arbitrary: fc.string({ minLength: 500, maxLength: 3_000 }) },
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 120 }), fc.array(line, { maxLength: 20 }), (lines, after) => {
        const before = lines.join('\n');
        const suffix = after.join('\n');
        const place = placeCompletion(before, suffix, room);
        expect(place.prefix + place.begun).toBe(before.slice(place.from));
        expect(place.prefix.length + place.begun.length).toBeLessThanOrEqual(room.prefix + 1_024);
        expect(place.suffix.length).toBeLessThanOrEqual(room.suffix * 2 + 1);
        expect(suffix.startsWith(place.suffix)).toBe(true);
      }),
    );
  });
});

describe('completionRoom', () => {
  it('reads as much as is read in a few seconds, and never more than fits', () => {
    const slow = completionRoom(60, 8_192);
    const fast = completionRoom(2_000, 8_192);
    expect(fast.prefix).toBeGreaterThan(slow.prefix * 2);
    expect(completionRoom(2_000, 512).prefix).toBeLessThan(512 * 3);
    expect(completionRoom(219, 0)).toEqual(completionRoom(240, 0));
  });
});

describe('mayBeMany', () => {
  it.each([
    ['function a() {', '', true],
    ['  ', '\n}', true],
    ['const a = ', '', false],
    ['if a:', '', true],
    ['a: string', '', false],
    ['foo(', ')', true],
    ['  ', 'rest;', false],
    ['const f = () =>', '', true],
  ])('%s before %s', (before, after, many) => {
    expect(mayBeMany(before, after)).toBe(many);
  });
});
