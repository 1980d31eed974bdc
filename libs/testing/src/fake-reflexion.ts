import type { Attempt, CheckResult, Lesson, Reflexion } from '@nootropic/contracts';

export interface MemoryReflexionOptions {
  /** What the judges say of an attempt, cheapest first; what follows the first that fails is not told. Default: nothing is judged. */
  readonly judge?: (attempt: Attempt) => readonly CheckResult[] | Promise<readonly CheckResult[]>;
  /** Milliseconds since 1970. Default: counts up by one with each lesson. */
  readonly now?: () => number;
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu));
}

/** `Reflexion` with scripted judges and lessons in memory: those are recalled first that share the most words and paths with what is asked. */
export function createMemoryReflexion(options: MemoryReflexionOptions = {}): Reflexion {
  const kept: Lesson[] = [];
  let learnt = 0;
  const now = options.now ?? (() => learnt);

  const scoreOf = (lesson: Lesson, words: ReadonlySet<string>, paths: ReadonlySet<string>): number => {
    const shared = [...wordsOf(`${lesson.text} ${lesson.paths.join(' ')}`)].filter((word) => words.has(word)).length;
    return shared + 3 * lesson.paths.filter((path) => paths.has(path)).length;
  };

  return {
    async *judge(attempt) {
      attempt.signal?.throwIfAborted();
      for (const result of (await options.judge?.(attempt)) ?? []) {
        yield result;
        if (!result.ok && result.unable === undefined) return;
      }
    },
    async learn({ text, paths, sessionId }) {
      learnt += 1;
      const same = kept.findIndex((lesson) => lesson.text === text);
      const known = same < 0 ? undefined : kept.splice(same, 1)[0];
      const all = [...new Set([...(known?.paths ?? []), ...paths])];
      const lesson = { id: known?.id ?? `lesson-${String(learnt)}`, text, paths: all, at: now(), sessionId };
      kept.unshift(lesson);
      return lesson;
    },
    async recall({ text, paths = [], limit = 3 }) {
      const words = wordsOf(text);
      const places = new Set(paths);
      return kept
        .map((lesson) => ({ lesson, score: scoreOf(lesson, words, places) }))
        .filter(({ score }) => score > 0)
        .sort((a, b) => b.score - a.score)
        .slice(0, Math.max(0, limit))
        .map(({ lesson }) => lesson);
    },
    lessons: async () => [...kept],
    async forget(id) {
      const at = kept.findIndex((lesson) => lesson.id === id);
      if (at >= 0) kept.splice(at, 1);
      return at >= 0;
    },
    async [Symbol.asyncDispose]() {
      await Promise.resolve();
    },
  };
}
