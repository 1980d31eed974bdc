import type { Lesson } from '@nootropic/contracts';

/** Words of a text and the parts of its names: `parseFlags` is `parseflags`, `parse` and `flags`. */
export function wordsOf(text: string): string[] {
  return [...text.matchAll(/[\p{L}\p{N}_$]+/gu)].flatMap(([whole]) => {
    const parts = whole.split(/[_$]+|(?<=\p{Ll}|\p{N})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u);
    const all = parts.length > 1 ? [whole, ...parts] : [whole];
    return all.map((word) => word.toLowerCase()).filter((word) => word.length > 1 && !stopWords.has(word));
  });
}

const stopWords = new Set(
  'a an and are as at be but by do for from has have how if in into is it its not of on or so than that the then there this to too was were what when where which who why will with you your'.split(
    ' ',
  ),
);

const k1 = 1.2;
const b = 0.75;
const day = 86_400_000;

/** A folder shared is worth less than the file itself. */
function pathScore(of: readonly string[], asked: readonly string[]): number {
  let best = 0;
  for (const path of asked)
    for (const own of of) {
      if (own === path) return 1;
      const from = own.split('/');
      const to = path.split('/');
      let shared = 0;
      while (shared < Math.min(from.length, to.length) - 1 && from[shared] === to[shared]) shared += 1;
      best = Math.max(best, (0.5 * shared) / Math.max(from.length, to.length));
    }
  return best;
}

/**
 * Lessons for a task, best first: BM25 (Robertson and Zaragoza, 2009, https://doi.org/10.1561/1500000019) over the words of the text and of the
 * paths, what share of the paths is the same, and, as a tie-breaker, how recent they are. One that shares neither word nor path is left out.
 */
export function rankLessons(
  lessons: readonly Lesson[],
  about: { readonly text: string; readonly paths: readonly string[]; readonly now: number },
): Lesson[] {
  const documents = lessons.map((lesson) => wordsOf(`${lesson.text} ${lesson.paths.join(' ')}`));
  const average = documents.reduce((sum, words) => sum + words.length, 0) / Math.max(1, documents.length) || 1;
  const query = [...new Set(wordsOf(about.text))];
  const frequency = new Map(query.map((word) => [word, documents.filter((words) => words.includes(word)).length]));
  return lessons
    .map((lesson, index) => {
      const words = documents[index] ?? [];
      let text = 0;
      for (const word of query) {
        const count = words.filter((own) => own === word).length;
        if (count === 0) continue;
        const seen = frequency.get(word) ?? 0;
        const rarity = Math.log(1 + (documents.length - seen + 0.5) / (seen + 0.5));
        text += (rarity * count * (k1 + 1)) / (count + k1 * (1 - b + (b * words.length) / average));
      }
      const relevance = text + 3 * pathScore(lesson.paths, about.paths);
      const age = Math.max(0, about.now - lesson.at) / day;
      return { lesson, relevance, score: relevance * (1 + 0.25 * Math.exp(-age / 30)) };
    })
    .filter(({ relevance }) => relevance > 0)
    .sort((one, other) => other.score - one.score || other.lesson.at - one.lesson.at)
    .map(({ lesson }) => lesson);
}

/** The share of words that two texts have in common (Jaccard). Numbers count alike: a line number makes no other lesson. */
export function similarity(one: string, other: string): number {
  const plain = (text: string): Set<string> => new Set(wordsOf(text.replace(/\d+/gu, '0')));
  const first = plain(one);
  const second = plain(other);
  const shared = [...first].filter((word) => second.has(word)).length;
  const all = first.size + second.size - shared;
  return all === 0 ? 1 : shared / all;
}
