import type { NearestLines } from './edit-result.ts';
import { isBlank } from './edit-text.ts';

/**
 * How alike two texts are, from 0 to 1: one less the share of characters that must be changed (Levenshtein 1966). Below `least` the
 * exact value is not computed and 0 is given, so that the work grows with the length times the difference allowed (Ukkonen 1985).
 */
export function similarity(a: string, b: string, least = 0): number {
  const length = Math.max(a.length, b.length);
  if (length === 0) return 1;
  const limit = Math.floor((1 - least) * length);
  if (Math.abs(a.length - b.length) > limit) return 0;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = new Array<number>(b.length + 1).fill(limit + 1);
    next[0] = i;
    let best = i;
    const to = Math.min(b.length, i + limit);
    for (let j = Math.max(1, i - limit); j <= to; j += 1) {
      const change = (row[j - 1] ?? 0) + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1);
      const value = Math.min(change, (row[j] ?? limit + 1) + 1, (next[j - 1] ?? limit + 1) + 1);
      next[j] = value;
      if (value < best) best = value;
    }
    if (best > limit) return 0;
    row = next;
  }
  const distance = row[b.length] ?? length;
  return distance > limit ? 0 : 1 - distance / length;
}

/** Lines of the sought text that are compared when the nearest place is looked for; bounds the work on long files. */
const comparedLines = 8;
const shownLines = 24;
const around = 2;

/**
 * The stretch of the file that is most like the lines sought, with two lines around it: by the share of pairs of letters that lines have
 * in common (Dice 1945), summed over the most telling lines. `undefined` where nothing is alike at all.
 */
export function nearestLines(file: readonly string[], sought: readonly string[]): NearestLines | undefined {
  const telling = sought
    .map((line, index) => ({ index, pairs: pairsOf(line) }))
    .filter(({ pairs }) => pairs.size > 0)
    .toSorted((a, b) => b.pairs.size - a.pairs.size || a.index - b.index)
    .slice(0, comparedLines);
  if (telling.length === 0) return undefined;
  const scores = new Float64Array(file.length + sought.length);
  for (const [at, line] of file.entries()) {
    if (isBlank(line)) continue;
    const pairs = pairsOf(line);
    for (const { index, pairs: wanted } of telling) {
      const start = at - index + sought.length - 1;
      scores[start] = (scores[start] ?? 0) + dice(pairs, wanted) * Math.sqrt(wanted.size);
    }
  }
  let best = 0;
  for (const [index, score] of scores.entries()) if (score > (scores[best] ?? 0)) best = index;
  if ((scores[best] ?? 0) === 0) return undefined;
  const from = Math.max(0, best - sought.length + 1 - around);
  const to = Math.min(file.length, best + 1 + around, from + shownLines);
  return { startLine: from + 1, lines: file.slice(from, Math.max(to, from + 1)) };
}

function pairsOf(line: string): ReadonlySet<string> {
  const text = line.replaceAll(/\s+/gu, '').slice(0, 200);
  const pairs = new Set<string>();
  for (let index = 0; index + 2 <= text.length; index += 1) pairs.add(text.slice(index, index + 2));
  if (text.length === 1) pairs.add(text);
  return pairs;
}

function dice(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let common = 0;
  for (const pair of a) if (b.has(pair)) common += 1;
  return a.size + b.size === 0 ? 0 : (2 * common) / (a.size + b.size);
}
