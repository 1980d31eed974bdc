import { isElision } from './edit-elision.ts';
import { refuse, type EditFailure, type Splice } from './edit-result.ts';
import { isBlank, withoutLineNumbers } from './edit-text.ts';
import { findLines, fuzzyRungs, type FuzzyMatch, type FuzzyRung } from './fuzzy-match.ts';
import { replaceLines } from './fuzzy-replace.ts';
import { nearestLines } from './fuzzy-similarity.ts';

export type Placed =
  { readonly ok: true; readonly splices: readonly Splice[]; readonly notes: readonly string[] } | EditFailure;

const rungWords: Readonly<Record<FuzzyRung, string>> = {
  exact: '',
  'trailing-space': '',
  indentation: '',
  'blank-lines': 'when blank lines are left out of account',
  whitespace: 'when spaces are left out of account',
  similar: 'only by likeness: they are not the same',
};
const shownPlaces = 6;

/** Where `sought` stands in the file, and what the file gets instead. @param change.part The name of the sought lines in messages: `SEARCH part 2`. */
export function placeChange(
  lines: readonly string[],
  change: { readonly sought: readonly string[]; readonly replacement: readonly string[]; readonly part: string },
): Placed {
  const { part } = change;
  const sought = trimBlankEdges(change.sought, change.replacement);
  if (sought.sought.every(isBlank))
    return refuse(`The ${part} is empty. Write the lines of the file that stand at the place of the change.`);
  const bare = withoutLineNumbers(sought.sought);
  const pair = bare === sought.sought ? sought : { sought: bare, replacement: withoutLineNumbers(sought.replacement) };
  // Numbers are only taken off where the lines with them are not in the file.
  const direct = findLines(lines, sought.sought);
  const isSure = direct.found === 'many' || (direct.found === 'one' && direct.rung !== 'similar');
  const other = isSure || bare === sought.sought ? direct : findLines(lines, bare);
  const match = other.found === 'none' ? direct : other;
  const used = match === direct ? sought : pair;
  if (match.found === 'one') return placed(lines, { match, ...used, part });
  if (match.found === 'many') {
    const places = match.places.slice(0, shownPlaces).map(({ at, count }) => `${at + 1}-${at + count}`);
    const more = match.places.length > shownPlaces ? ' and more' : '';
    return refuse(
      `The ${part} fits several places: lines ${places.join(', ')}${more}. Add the lines before or after the one you mean.`,
      nearestLines(lines, used.sought),
    );
  }
  return (
    inOneLine(lines, { ...used, part }) ??
    withElision(lines, { ...used, part }) ??
    refuse(
      `The ${part} is not in the file. Copy the lines exactly as the file has them.`,
      nearestLines(lines, used.sought),
    )
  );
}

function placed(
  lines: readonly string[],
  change: {
    readonly match: Extract<FuzzyMatch, { found: 'one' }>;
    readonly sought: readonly string[];
    readonly replacement: readonly string[];
    readonly part: string;
  },
): Placed {
  const { match, sought, replacement, part } = change;
  const { at, count } = match.place;
  const insert = replaceLines(lines, { place: match.place, sought, replacement });
  const isLoose = fuzzyRungs.indexOf(match.rung) > fuzzyRungs.indexOf('indentation');
  const note = `The ${part} fits lines ${at + 1}-${at + count} ${rungWords[match.rung]}.`;
  return { ok: true, splices: [{ at, remove: count, insert }], notes: isLoose ? [note] : [] };
}

/** Blank lines that both sides have in common at an edge say nothing about the place. */
function trimBlankEdges(
  sought: readonly string[],
  replacement: readonly string[],
): { readonly sought: readonly string[]; readonly replacement: readonly string[] } {
  let [before, after] = [sought, replacement];
  while (before.length > 1 && after.length > 0 && isBlank(before[0] ?? 'x') && isBlank(after[0] ?? 'x'))
    [before, after] = [before.slice(1), after.slice(1)];
  while (before.length > 1 && after.length > 0 && isBlank(before.at(-1) ?? 'x') && isBlank(after.at(-1) ?? 'x'))
    [before, after] = [before.slice(0, -1), after.slice(0, -1)];
  return { sought: before, replacement: after };
}

/** A part of one line, word for word, that stands in one place only. */
function inOneLine(
  lines: readonly string[],
  { sought, replacement, part }: { sought: readonly string[]; replacement: readonly string[]; part: string },
): Placed | undefined {
  const [text = '', ...more] = sought;
  const words = text.trim();
  if (more.length > 0 || words === '') return undefined;
  const edge = (char: string) => (/\w/u.test(char) ? '(?!\\w)' : '');
  const start = /\w/u.test(words.charAt(0)) ? '(?<!\\w)' : '';
  const escaped = words.replaceAll(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`);
  const pattern = new RegExp(start + escaped + edge(words.at(-1) ?? ''), 'gu');
  const hits = lines.flatMap((line, at) => [...line.matchAll(pattern)].map((hit) => ({ at, index: hit.index, line })));
  const [hit] = hits;
  if (hit === undefined) return undefined;
  if (hits.length > 1)
    return refuse(
      `The ${part} fits several places: lines ${[...new Set(hits.map(({ at }) => at + 1))].slice(0, shownPlaces).join(', ')}. Write the whole line, and the lines around it.`,
    );
  const fresh = replacement.join('\n').trim();
  const whole = hit.line.slice(0, hit.index) + fresh + hit.line.slice(hit.index + words.length);
  return {
    ok: true,
    splices: [{ at: hit.at, remove: 1, insert: whole.split('\n') }],
    notes: [`The ${part} is a part of line ${hit.at + 1}.`],
  };
}

/** Lines left out with `...` on both sides: each stretch between them is a change of its own, and they must come in this order. */
function withElision(
  lines: readonly string[],
  { sought, replacement, part }: { sought: readonly string[]; replacement: readonly string[]; part: string },
): Placed | undefined {
  const before = stretches(sought);
  const after = stretches(replacement);
  if (before.length === 1) return undefined;
  if (before.length !== after.length)
    return refuse(
      `The ${part} leaves lines out with "..." in other places than its replacement. Write the lines, or leave out the same on both sides.`,
      nearestLines(lines, before[0] ?? []),
    );
  const splices: Splice[] = [];
  const notes: string[] = [`The ${part} leaves lines out; they stay as they are.`];
  let from = 0;
  for (const [index, stretch] of before.entries()) {
    const fresh = after[index] ?? [];
    if (stretch.every(isBlank)) {
      if (fresh.every(isBlank)) continue;
      return refuse(`The ${part} does not say what stands before its "...". Write those lines.`);
    }
    const found = findLines(lines, stretch);
    if (found.found !== 'one' || found.place.at < from)
      return refuse(
        `A stretch of the ${part} ${found.found === 'many' ? 'fits several places' : 'is not in the file in that order'}. Write all lines, without "...".`,
        nearestLines(lines, stretch),
      );
    const made = placed(lines, { match: found, sought: stretch, replacement: fresh, part });
    if (!made.ok) return made;
    splices.push(...made.splices);
    notes.push(...made.notes);
    from = found.place.at + found.place.count;
  }
  return { ok: true, splices, notes };
}

function stretches(lines: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  for (const line of lines) {
    if (isElision(line)) parts.push([]);
    else parts.at(-1)?.push(line);
  }
  return parts;
}
