import type { Lesson } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { rankLessons, similarity, wordsOf } from './lesson-rank.ts';

const day = 86_400_000;
const lesson = (id: string, text: string, more: Partial<Lesson> = {}): Lesson => ({
  ...{ id, text, paths: [], at: 100 * day, sessionId: 's' },
  ...more,
});
const order = (lessons: readonly Lesson[], text: string, paths: readonly string[] = []): string[] =>
  rankLessons(lessons, { text, paths, now: 100 * day }).map(({ id }) => id);

describe('rankLessons', () => {
  it('takes names apart, and leaves out what every sentence has', () => {
    expect(wordsOf('the parseFlags of HTTPServer, max_width')).toEqual([
      ...['parseflags', 'parse', 'flags', 'httpserver', 'http', 'server', 'max_width', 'max', 'width'],
    ]);
  });

  it('puts rare words before common ones, and the same file before both', () => {
    const all = [
      lesson('common', 'edit the file again'),
      lesson('rare', 'edit the tokenizer'),
      lesson('also', 'edit the file'),
      lesson('here', 'something else', { paths: ['src/a/b.ts'] }),
      lesson('near', 'something else', { paths: ['src/a/c.ts'] }),
      lesson('none', 'nothing in common'),
    ];
    expect(order(all, 'edit tokenizer', ['src/a/b.ts'])).toEqual(['here', 'rare', 'near', 'also', 'common']);
  });

  it('prefers the newer of two that say as much, never one that says less', () => {
    const old = lesson('old', 'the tokenizer counts bytes', { at: 0 });
    const young = lesson('young', 'the tokenizer counts bytes');
    expect(order([old, young], 'tokenizer bytes')).toEqual(['young', 'old']);
    const vague = lesson('vague', 'the tokenizer is slow');
    expect(order([old, vague, lesson('other', 'unrelated words')], 'tokenizer counts bytes')).toEqual(['old', 'vague']);
  });

  it('takes two lessons for one where only numbers differ', () => {
    expect(similarity('src/a.ts:12: TS2322 wrong type', 'src/a.ts:99: TS2322 wrong type')).toBe(1);
    expect(similarity('the parser needs a semicolon', 'colours are numbers')).toBe(0);
  });
});
