import { indentOf, indentUnit, isBlank } from './edit-text.ts';
import { similarity } from './fuzzy-similarity.ts';

/** How closely lines of a file were matched, from exact down. What stands below `indentation` is said to the person. */
export const fuzzyRungs = ['exact', 'trailing-space', 'indentation', 'blank-lines', 'whitespace', 'similar'] as const;
export type FuzzyRung = (typeof fuzzyRungs)[number];

/** `count` lines of the file from `at`, counted from 0. `pairs[i]`: the line of the file that stands for sought line `i`, -1 where it has none. */
export interface FuzzyPlace {
  readonly at: number;
  readonly count: number;
  readonly pairs: readonly number[];
}

export type FuzzyMatch =
  | { readonly found: 'one'; readonly rung: FuzzyRung; readonly place: FuzzyPlace }
  | { readonly found: 'many'; readonly places: readonly FuzzyPlace[] }
  | { readonly found: 'none' };

const leastSimilarity = 0.85;
/** By how much the best place must be better than every other. */
const margin = 0.05;
/** Every line by itself must be at least this much like its partner: a wholly different line is no slip of the pen. */
const leastLineSimilarity = 0.5;
/** Shorter texts are like too many others. */
const leastSimilarLength = 16;
/** Characters times differences that the last rung may compare at most, so that a long file is answered at once. */
const similarWork = 40_000_000;

/**
 * The one place in a file that some lines stand for. The rungs are tried in turn, and the first that matches anywhere decides: one place is
 * taken, several are a refusal. A looser rung is never used to choose between the places of a stricter one.
 */
export function findLines(file: readonly string[], sought: readonly string[]): FuzzyMatch {
  if (sought.every(isBlank)) return { found: 'none' };
  for (const rung of fuzzyRungs) {
    const places = placesOn(rung, file, sought);
    const [place] = places;
    if (place !== undefined) return places.length === 1 ? { found: 'one', rung, place } : { found: 'many', places };
  }
  return { found: 'none' };
}

function placesOn(rung: FuzzyRung, file: readonly string[], sought: readonly string[]): readonly FuzzyPlace[] {
  switch (rung) {
    case 'exact':
      return windows(file, sought, (line) => line);
    case 'trailing-space':
      return windows(file, sought, (line) => line.trimEnd());
    case 'indentation':
      return windows(file, sought, (line) => line.trim()).filter((place) => isShifted(file, sought, place));
    case 'blank-lines':
      return withoutBlanks(file, sought, (line) => line.trim()).filter((place) => isShifted(file, sought, place));
    case 'whitespace':
      return withoutBlanks(file, sought, (line) => line.replaceAll(/\s+/gu, ''));
    case 'similar':
      return similarPlaces(file, sought);
  }
}

function windows(file: readonly string[], sought: readonly string[], key: (line: string) => string): FuzzyPlace[] {
  const wanted = sought.map(key);
  const lines = file.map(key);
  const places: FuzzyPlace[] = [];
  for (let at = 0; at + wanted.length <= lines.length; at += 1)
    if (wanted.every((line, index) => lines[at + index] === line))
      places.push({ at, count: wanted.length, pairs: wanted.map((_, index) => at + index) });
  return places;
}

/** Places by the lines that are not blank, wherever the blank ones stand. */
function withoutBlanks(
  file: readonly string[],
  sought: readonly string[],
  key: (line: string) => string,
): FuzzyPlace[] {
  const numbered = (lines: readonly string[]) =>
    lines.flatMap((line, index) => (isBlank(line) ? [] : [{ index, text: key(line) }]));
  const wanted = numbered(sought);
  const lines = numbered(file);
  const places: FuzzyPlace[] = [];
  for (let at = 0; at + wanted.length <= lines.length; at += 1) {
    if (!wanted.every(({ text }, index) => lines[at + index]?.text === text)) continue;
    places.push(placeOf(sought, wanted, lines.slice(at, at + wanted.length)));
  }
  return places;
}

function placeOf(
  sought: readonly string[],
  wanted: readonly { readonly index: number }[],
  lines: readonly { readonly index: number }[],
): FuzzyPlace {
  const pairs = sought.map(() => -1);
  for (const [index, { index: line }] of wanted.entries()) pairs[line] = lines[index]?.index ?? -1;
  const at = lines[0]?.index ?? 0;
  return { at, count: (lines.at(-1)?.index ?? at) - at + 1, pairs };
}

/** Whether the lines of a place differ from those sought by one and the same number of levels. */
function isShifted(file: readonly string[], sought: readonly string[], { pairs }: FuzzyPlace): boolean {
  const fileUnit = indentUnit(pairs.map((line) => file[line] ?? '')) ?? indentUnit(file) ?? '  ';
  const soughtUnit = indentUnit(sought) ?? fileUnit;
  const exact = new Set<number>();
  const levels = new Set<number>();
  for (const [index, line] of sought.entries()) {
    const partner = file[pairs[index] ?? -1];
    if (partner === undefined || isBlank(line)) continue;
    exact.add(indentOf(partner).length - indentOf(line).length);
    levels.add(indentOf(partner).length / fileUnit.length - indentOf(line).length / soughtUnit.length);
  }
  return exact.size === 1 || levels.size === 1;
}

/** Places at least 0.85 alike, when the best is clearly better than every other. Two good places are both given. */
function similarPlaces(file: readonly string[], sought: readonly string[]): readonly FuzzyPlace[] {
  const bare = (lines: readonly string[]) =>
    lines.flatMap((line, index) => (isBlank(line) ? [] : [{ index, text: line.trim().replaceAll(/\s+/gu, ' ') }]));
  const wanted = bare(sought);
  const lines = bare(file);
  const whole = wanted.map(({ text }) => text).join('\n');
  if (whole.length < leastSimilarLength) return [];
  if (whole.length ** 2 * (1 - leastSimilarity) * Math.max(1, lines.length - wanted.length + 1) > similarWork)
    return [];
  const scored: { readonly at: number; readonly score: number }[] = [];
  for (let at = 0; at + wanted.length <= lines.length; at += 1) {
    const window = lines.slice(at, at + wanted.length);
    const text = window.map((line) => line.text).join('\n');
    const score = similarity(whole, text, leastSimilarity - margin);
    if (score > 0) scored.push({ at, score });
  }
  scored.sort((a, b) => b.score - a.score);
  const [best, second] = scored;
  if (best === undefined || best.score < leastSimilarity) return [];
  const taken = (at: number) => placeOf(sought, wanted, lines.slice(at, at + wanted.length));
  if (second !== undefined && best.score - second.score < margin)
    return scored.filter(({ score }) => best.score - score < margin).map(({ at }) => taken(at));
  const isAlike = wanted.every(
    ({ text }, index) => similarity(text, lines[best.at + index]?.text ?? '', leastLineSimilarity) > 0,
  );
  return isAlike ? [taken(best.at)] : [];
}
