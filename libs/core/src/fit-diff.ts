import type { DiffAnswer, FileDifference } from '@nootropic/contracts';

type Shown = DiffAnswer['files'][number];

/** Characters below which a part of a diff says nothing. */
const leastPart = 200;
/** Room for the line that says what was cut. */
const markRoom = 60;
const mostPlaces = 20;

/** What tools write by themselves: of these a model learns nothing that their names do not say. */
const written =
  /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|composer\.lock|Cargo\.lock|Gemfile\.lock|poetry\.lock|uv\.lock|Pipfile\.lock|go\.sum|flake\.lock)$|\.(?:min\.(?:js|css)|map|snap)$/u;

/**
 * Diffs as one text of at most so many characters: first all that are short, then of the longer ones as much as there is room for, in equal parts, each
 * cut at a line. Files that may hold secrets, binaries, and what tools write by themselves are named only. What is not whole is said, in the text and
 * in the list.
 */
export function fitDiff(
  differences: readonly FileDifference[],
  { characters, isSecretPath }: { readonly characters: number; readonly isSecretPath: (path: string) => boolean },
): DiffAnswer {
  const reasons = differences.map((each) => reasonToLeaveOut(each, isSecretPath));
  const sizes = differences.map(({ text }, at) => (reasons[at] === undefined ? text.length : 0));
  const share = equalShare(sizes, characters);
  const parts: string[] = [];
  const files = differences.map((difference, at): Shown => {
    const { path, from, change, binary, added, removed, text, cut } = difference;
    const facts = { path, ...(from !== undefined && { from }), change, binary, added, removed };
    const places = reasons[at] === 'may hold secrets' ? [] : placesOf(text);
    const reason = reasons[at] ?? (share < leastPart && text.length > share ? 'there was no room' : undefined);
    if (reason !== undefined) {
      parts.push(`[${path}: ${change}, +${added} -${removed}, not shown: ${reason}]\n`);
      return { ...facts, places, shown: 'left-out', reason };
    }
    if (text.length <= share && cut !== true) {
      parts.push(text);
      return { ...facts, places, shown: 'whole' };
    }
    const kept = text.length <= share ? text : text.slice(0, text.lastIndexOf('\n', share - markRoom) + 1);
    parts.push(`${kept}[${path} is longer: +${added} -${removed} in all]\n`);
    return { ...facts, places, shown: 'cut', reason: `only ${kept.length} characters of its diff had room` };
  });
  return { text: parts.join(''), files };
}

function reasonToLeaveOut(
  { path, from, binary, text }: FileDifference,
  isSecretPath: (path: string) => boolean,
): string | undefined {
  if (isSecretPath(path) || (from !== undefined && isSecretPath(from))) return 'may hold secrets';
  if (binary) return 'binary';
  if (written.test(path)) return 'written by a tool';
  return text === '' ? 'there is no diff of it' : undefined;
}

/** The largest size that every text may have so that all together fit; what a shorter one leaves goes to the others. */
function equalShare(sizes: readonly number[], room: number): number {
  const ascending = sizes.filter((size) => size > 0).toSorted((a, b) => a - b);
  let rest = room;
  for (const [at, size] of ascending.entries()) {
    const share = Math.floor(rest / (ascending.length - at));
    if (size > share) return share;
    rest -= size;
  }
  return Number.MAX_SAFE_INTEGER;
}

/** What git writes behind the second `@@`: the line that the changed place belongs to. */
function placesOf(text: string): string[] {
  const found = new Set<string>();
  for (const [, place = ''] of text.matchAll(/^@@[^@\n]*@@ (.+)$/gmu)) found.add(place.trim());
  return [...found].slice(0, mostPlaces);
}
