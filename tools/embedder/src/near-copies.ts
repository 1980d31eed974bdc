import type { CorpusFunction } from './found-function.ts';
import { tokensOf, type FunctionWords } from './function-words.ts';

/** A text with its words, as near-copies are looked for. */
export interface Worded {
  readonly found: CorpusFunction;
  readonly words: FunctionWords;
}

const shortestDoc = 4;
const shortestBody = 5;
const shortestRenamed = 12;
const nearness = 0.7;

export type CopyReason = 'same doc' | 'same name, near body' | 'same words under another name';

/**
 * Says of a training function why it is too near to one that is measured on, if it is: packages hold copies and ports of each other, and
 * a split by package alone lets those through. Its doc has the same words (4 or more); or it has the same name and shares 70% of the words
 * of its body; or its body has exactly the same words (12 or more) in the same numbers.
 */
export function createCopyFinder(measured: readonly Worded[]): (candidate: Worded) => CopyReason | undefined {
  const docs = new Set<string>();
  const byName = new Map<string, Set<string>[]>();
  const bodies = new Set<string>();
  for (const { found, words } of measured) {
    if (words.doc.length >= shortestDoc) docs.add(words.doc.join(' '));
    for (const name of nameKeys(found)) byName.set(name, [...(byName.get(name) ?? []), new Set(words.body.keys())]);
    if (words.body.size >= shortestRenamed) bodies.add(bodyKey(words));
  }
  return ({ found, words }) => {
    if (docs.has(words.doc.join(' '))) return 'same doc';
    if (words.body.size >= shortestBody) {
      const own = new Set(words.body.keys());
      for (const other of nameKeys(found).flatMap((name) => byName.get(name) ?? [])) {
        const shared = own.intersection(other).size;
        if (shared / (own.size + other.size - shared) >= nearness) return 'same name, near body';
      }
    }
    if (words.body.size >= shortestRenamed && bodies.has(bodyKey(words))) return 'same words under another name';
    return undefined;
  };
}

/** A name by its words and by its letters: `readLine` and `readline` are one name. */
function nameKeys({ name }: CorpusFunction): string[] {
  return [tokensOf(name).join(' '), `letters ${name.toLowerCase()}`];
}

function bodyKey({ body }: FunctionWords): string {
  return [...body]
    .map(([token, count]) => `${token}:${count}`)
    .sort()
    .join(' ');
}
