import { createBm25f, contentWords, type Bm25Settings } from './bm25f.ts';
import type { FunctionWords } from './function-words.ts';
import type { Worded } from './near-copies.ts';
import { createRandom, shuffled } from './ranking.ts';

/** Functions to search in, and those of them whose doc is asked for. */
export interface Pool {
  readonly name: string;
  readonly kind: 'package' | 'thousand';
  readonly functions: readonly Worded[];
  /** Positions in `functions`. */
  readonly questions: readonly number[];
  /** Per question: few of its words are anywhere in the code, name or path. */
  readonly hard: readonly boolean[];
  /** Scores of every function for a question's tokens; `bodyOnly` as the names and paths were not there. */
  readonly bm25: (settings: Bm25Settings, bodyOnly: boolean) => (question: readonly string[]) => Float32Array;
}

const mostQuestions = 1_000;
const thousand = 1_000;
const hardShare = 0.2;
const hardWords = 3;

/** A pool per package, and one of 1,000 functions per language, of the functions of a split. */
export function makePools(functions: readonly Worded[], split: 'dev' | 'test'): Pool[] {
  const own = functions.filter(({ found }) => found.split === split);
  const random = createRandom(7);
  const packages = Map.groupBy(own, ({ found }) => `${found.language}/${found.package}`);
  const languages = Map.groupBy(own, ({ found }) => found.language);
  return [
    ...[...packages].sort(byKey).map(([name, all]) => makePool({ name, kind: 'package' }, all, random)),
    ...[...languages].sort(byKey).map(([name, all]) => {
      const documented = shuffled(
        all.filter(({ found }) => found.doc !== ''),
        random,
      );
      const others = shuffled(
        all.filter(({ found }) => found.doc === ''),
        random,
      );
      return makePool({ name, kind: 'thousand' }, [...documented, ...others].slice(0, thousand), random);
    }),
  ];
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function makePool(
  { name, kind }: Pick<Pool, 'name' | 'kind'>,
  functions: readonly Worded[],
  random: () => number,
): Pool {
  const times = new Map<string, number>();
  for (const { words } of functions) times.set(words.doc.join(' '), (times.get(words.doc.join(' ')) ?? 0) + 1);
  const asked = functions.flatMap(({ words }, at) =>
    words.doc.length > 0 && times.get(words.doc.join(' ')) === 1 ? [at] : [],
  );
  const questions = shuffled(asked, random).slice(0, mostQuestions);
  const all = createBm25f(functions.map(({ words }) => words));
  const bodies = createBm25f(functions.map(({ words }) => ({ ...words, name: [], path: [] })));
  return {
    name,
    kind,
    functions,
    questions,
    hard: questions.map((at) => isHard((functions[at] as Worded).words)),
    bm25: (settings, bodyOnly) => (bodyOnly ? bodies : all)(settings),
  };
}

function isHard({ doc, body, name, path }: FunctionWords): boolean {
  const asked = contentWords(doc);
  if (asked.length < hardWords) return false;
  const there = new Set([...body.keys(), ...name, ...path]);
  return asked.filter((token) => there.has(token)).length <= hardShare * asked.length;
}
