/** A path as it is compared, and which letters it has at all. */
interface Entry {
  readonly path: string;
  readonly lower: string;
  /** Where its name begins. */
  readonly name: number;
  readonly letters: number;
}

export interface PathFinder {
  /** Paths that hold the letters of each word in their order, best first; capitals and accents as they are, but for case. */
  find(query: string, limit: number): string[];
}

/**
 * Points as fzf gives them (`FuzzyMatchV2` of https://github.com/junegunn/fzf/blob/master/src/algo/algo.go, an alignment after Smith and Waterman): each
 * letter that is found counts, each gap costs, and letters at the start of a word, after a sign or a slash, or next to each other count more. Of all
 * places where the letters lie in a path, the best counts.
 */
const points = { match: 16, gapStart: -3, gapMore: -1, slash: 9, boundary: 8, camel: 7, consecutive: 4, firstTwice: 2 };
/** A match that lies in the name of the file alone is worth more than one that lies over its folders. */
const inName = 24;

/** Finds among paths. Built once for a list, since every key that is pressed asks again. */
export function createPathFinder(paths: readonly string[]): PathFinder {
  const entries = paths.map((path): Entry => {
    const lower = path.toLowerCase();
    // A letter whose small form is longer would move all places after it.
    const folded = lower.length === path.length ? lower : path;
    return { path, lower: folded, name: path.lastIndexOf('/') + 1, letters: lettersOf(folded) };
  });
  const rows = createRows();
  return {
    find(query, limit) {
      const words = query
        .normalize('NFC')
        .replaceAll('\\', '/')
        .toLowerCase()
        .split(/\s+/u)
        .filter((word) => word !== '');
      const wanted = words.map((word) => ({ word, letters: lettersOf(word) }));
      const best = createBest(limit);
      for (const entry of entries) {
        let score = 0;
        for (const { word, letters } of wanted) {
          const points =
            (entry.letters & letters) === letters
              ? scoreOf(entry, word, { rows, least: wanted.length === 1 ? best.least() : 0 })
              : undefined;
          if (points === undefined) {
            score = -1;
            break;
          }
          score += points;
        }
        if (score >= 0) best.offer(entry.path, score);
      }
      return best.taken();
    },
  };
}

/** Bits for the letters a to z and the digits in groups; what has other letters has the last bit. */
function lettersOf(text: string): number {
  let bits = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 97 && code <= 122) bits |= 1 << (code - 97);
    else if (code >= 48 && code <= 57) bits |= 1 << (26 + ((code - 48) >> 1));
  }
  return bits;
}

/** A path that is being compared. */
interface Compared {
  readonly path: string;
  readonly lower: string;
  readonly rows: Rows;
}

function scoreOf(
  { path, lower, name }: Entry,
  word: string,
  { rows, least }: { readonly rows: Rows; readonly least: number },
): number | undefined {
  const own = word.includes('/') ? undefined : scoreFrom({ path, lower, rows }, name, word);
  // A whole name is what was meant.
  const isName = own !== undefined && lower.length - name === word.length ? inName : 0;
  if (own !== undefined) return Math.max(1, own + inName + isName);
  // Over its folders it cannot come up to those that are found.
  const most = points.match * word.length + points.slash * (word.length + 1);
  if (most < least) return undefined;
  const over = scoreFrom({ path, lower, rows }, 0, word);
  return over === undefined ? undefined : Math.max(0, over);
}

/** Longest path that is compared letter by letter; of a longer one its end is. */
const longest = 1024;

/** What one comparison keeps of its letters; the next one writes over it. */
function createRows() {
  const row = (): Int32Array => new Int32Array(longest + 1);
  return { bonus: row(), score: row(), before: row(), run: row(), runBefore: row() };
}
type Rows = ReturnType<typeof createRows>;

function isSubsequence(lower: string, from: number, word: string): boolean {
  let place = from - 1;
  for (let at = 0; at < word.length; at += 1) {
    place = lower.indexOf(word.charAt(at), place + 1);
    if (place < 0) return false;
  }
  return true;
}

/** The points of the best place, from a letter of the path on, that holds all letters of the word in their order; `undefined` where none does. */
function scoreFrom({ path, lower, rows }: Compared, from: number, word: string): number | undefined {
  if (!isSubsequence(lower, from, word)) return undefined;
  // What begins before it is far from the name, and counts as if it were next to it.
  const start =
    path.length - from > longest && isSubsequence(lower, path.length - longest, word) ? path.length - longest : from;
  const width = Math.min(longest, path.length - start);
  const { bonus } = rows;
  for (let at = 0; at < width; at += 1) bonus[at] = bonusAt(path, start + at);
  let { score, before, run, runBefore } = rows;
  let best = 0;
  for (let row = 0; row < word.length; row += 1) {
    [score, before, run, runBefore] = [before, score, runBefore, run];
    const letter = word.charCodeAt(row);
    let isGap = false;
    let left = 0;
    best = 0;
    for (let at = 0; at < width; at += 1) {
      const byGap: number = left + (isGap ? points.gapMore : points.gapStart);
      let byMatch = 0;
      let length = 0;
      const diagonal = row === 0 ? 0 : at === 0 ? 0 : (before[at - 1] ?? 0);
      if (lower.charCodeAt(start + at) === letter && (row === 0 || diagonal > 0)) {
        const own = bonus[at] ?? 0;
        length = row === 0 || at === 0 ? 1 : (runBefore[at - 1] ?? 0) + 1;
        const first = bonus[at - length + 1] ?? 0;
        // A new word begins here: it is no longer the run of the one before.
        if (length > 1 && own >= points.boundary && own > first) length = 1;
        const worth = length > 1 ? Math.max(own, points.consecutive, first) : own;
        byMatch = diagonal + points.match + (row === 0 ? worth * points.firstTwice : worth);
        if (byMatch < byGap) length = 0;
      }
      isGap = byMatch < byGap;
      left = Math.max(byMatch, byGap, 0);
      score[at] = left;
      run[at] = length;
      best = Math.max(best, left);
    }
  }
  return best;
}

function bonusAt(path: string, place: number): number {
  if (place === 0) return points.slash;
  const [before, here] = [path.charCodeAt(place - 1), path.charCodeAt(place)];
  if (before === 47) return points.slash;
  if (!isLetter(before) && !isDigit(before)) return points.boundary;
  const isCapital = here >= 65 && here <= 90;
  if (isCapital && before >= 97 && before <= 122) return points.camel;
  return isDigit(here) && !isDigit(before) ? points.camel : 0;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code > 127;
}

/** The best of many without keeping all: of equal ones the shorter path, then by name. */
function createBest(limit: number) {
  let kept: { path: string; score: number }[] = [];
  let least = -Infinity;
  const cut = (): void => {
    kept.sort(
      (a, b) => b.score - a.score || a.path.length - b.path.length || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0),
    );
    kept = kept.slice(0, limit);
    if (kept.length === limit) least = kept.at(-1)?.score ?? least;
  };
  return {
    offer(path: string, score: number): void {
      if (score < least) return;
      kept.push({ path, score });
      if (kept.length >= limit * 4 + 64) cut();
    },
    /** What less than that is not kept. */
    least: () => least,
    taken(): string[] {
      cut();
      return kept.map(({ path }) => path);
    },
  };
}
