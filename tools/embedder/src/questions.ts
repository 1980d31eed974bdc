import { readFile } from 'node:fs/promises';
import type { BuiltinVectors } from '@nootropic/model';
import { z } from 'zod';
import { createBm25f } from './bm25f.ts';
import { joinVectors, roundedToInt8, similarities, type Chosen } from './evaluate.ts';
import type { CorpusFunction } from './found-function.ts';
import { fullName, functionWords, tokensOf } from './function-words.ts';
import { fuse, quality, rankOf, type Quality } from './ranking.ts';

const questionSchema = z.strictObject({
  /** The package that is searched. */
  package: z.string(),
  question: z.string(),
  /** Full names of functions (`Owner.name`); any of them answers. */
  answers: z.array(z.string()).min(1),
});
export type Question = z.infer<typeof questionSchema>;

export async function readQuestions(file: string | URL): Promise<Question[]> {
  return z.array(questionSchema).parse(JSON.parse(await readFile(file, 'utf8')));
}

export interface AnsweredQuestions {
  readonly asked: number;
  readonly packages: number;
  /** Questions whose answers are not in the package: they are left out. */
  readonly unanswerable: readonly string[];
  readonly bm25: Quality;
  readonly int8: Quality;
  readonly fused: Quality;
}

/**
 * Ranks for questions as a person writes them. Searched is what an index holds: each function with its comment, its name not masked.
 * The rank is that of the best answer.
 */
export function answerQuestions(
  questions: readonly Question[],
  functions: readonly CorpusFunction[],
  { chosen, vectors }: { chosen: Chosen; vectors: BuiltinVectors },
): AnsweredQuestions {
  const unanswerable: string[] = [];
  const ranks = { bm25: [] as number[], int8: [] as number[], fused: [] as number[] };
  let packages = 0;
  for (const [name, asked] of Map.groupBy(questions, (question) => question.package)) {
    const pool = functions.filter((found) => found.package === name);
    const bm25 = createBm25f(pool.map((found) => functionWords(found, `${found.doc}\n${found.code}`)))(chosen.bm25);
    const passages = joinVectors(
      pool.map((found) =>
        roundedToInt8(vectors.document(`${found.path}\n${fullName(found)}\n\n${found.doc}\n${found.code}`)),
      ),
    );
    packages += 1;
    for (const { question, answers } of asked) {
      const right = pool.flatMap((found, at) => (answers.includes(fullName(found)) ? [at] : []));
      if (right.length === 0) {
        unanswerable.push(`${name}: ${question}`);
        continue;
      }
      const byWords = bm25(tokensOf(question));
      const byVectors = similarities(roundedToInt8(vectors.query(question)), passages);
      const fused = fuse(byVectors, byWords, chosen.share);
      const bestRank = (scores: Float32Array): number => Math.min(...right.map((at) => rankOf(scores, at)));
      ranks.bm25.push(bestRank(byWords));
      ranks.int8.push(bestRank(byVectors));
      ranks.fused.push(bestRank(fused));
    }
  }
  return {
    asked: ranks.bm25.length,
    packages,
    unanswerable,
    bm25: quality(ranks.bm25),
    int8: quality(ranks.int8),
    fused: quality(ranks.fused),
  };
}
