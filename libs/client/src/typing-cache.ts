/** A place, as the cache tells places apart: by what is next to the cursor. */
export interface CachePlace {
  readonly workspace: string;
  readonly path: string;
  readonly prefix: string;
  readonly suffix: string;
}

export interface CacheEntry {
  readonly id: string;
  /** All that was written at its place; empty where the model had nothing to say. */
  readonly text: string;
  /** False where the model was stopped before it had ended. */
  readonly whole: boolean;
  readonly model: string;
  /** Milliseconds of any clock. */
  readonly at: number;
}

/** What is known of a place: an entry, and what of its text is not typed yet. */
export interface CacheHit {
  readonly entry: CacheEntry;
  readonly rest: string;
}

export interface TypingCache {
  /**
   * What was written for this place, or for one before it whose text was typed since. An editor may have closed brackets by itself: then what it
   * put there is not said again. Nearest place first; one whose text is typed to its end counts only where no other goes on.
   */
  find(place: CachePlace): CacheHit | undefined;
  put(place: CachePlace, entry: CacheEntry): void;
  /** Removes an entry; gives whether it was there. */
  remove(id: string): boolean;
  readonly ids: ReadonlySet<string>;
}

/** Characters on each side of the cursor that must be the same. */
const tailLength = 256;
const headLength = 64;
/** So many characters after its place an entry is still found. */
const mostTyped = 1_200;
/** Brackets and quotes that editors close by themselves, of which so many may stand after the cursor. */
const closers = `)]}"'\``;
const mostClosed = 3;

/**
 * Completions by what surrounds the cursor, the last used 250 of them; a place is also found by one before it, as in llama.vscode
 * (https://github.com/ggml-org/llama.vscode), but over as many lines as the text has. Only what is near counts, so that changes elsewhere in the file leave it valid.
 */
export function createTypingCache(most = 250): TypingCache {
  const entries = new Map<string, CacheEntry>();
  const ids = new Set<string>();
  /** Of all texts that are held. */
  let longest = 0;

  const keyOf = ({ workspace, path }: CachePlace, prefix: string, suffix: string): string =>
    `${workspace}\0${path}\0${prefix.slice(-tailLength)}\0${suffix.slice(0, headLength)}`;
  const drop = (key: string): void => {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    ids.delete(entry.id);
  };

  const at = (key: string, typed: string): CacheHit | undefined => {
    const entry = entries.get(key);
    if (entry === undefined || !entry.text.startsWith(typed)) return undefined;
    // Of nothing there is no rest: it holds only where it was said.
    if (entry.text === '' && typed !== '') return undefined;
    entries.delete(key);
    entries.set(key, entry);
    return { entry, rest: entry.text.slice(typed.length) };
  };

  return {
    ids,
    find(place) {
      const { prefix, suffix } = place;
      const closed = closedBy(suffix);
      let typedOut: CacheHit | undefined;
      for (let back = 0; back <= Math.min(mostTyped, longest, prefix.length); back += 1) {
        const from = prefix.slice(0, prefix.length - back);
        const typed = prefix.slice(prefix.length - back);
        const hit = at(keyOf(place, from, suffix), typed);
        if (hit !== undefined && (hit.rest !== '' || hit.entry.text === '')) return hit;
        typedOut ??= hit;
        for (let count = 1; count <= Math.min(closed, back); count += 1) {
          const within = at(keyOf(place, from, suffix.slice(count)), typed);
          const rest = within && beforeCloser(within.rest, suffix.slice(0, count));
          if (within !== undefined && rest !== undefined && rest !== '') return { entry: within.entry, rest };
        }
      }
      return typedOut;
    },
    put(place, entry) {
      const key = keyOf(place, place.prefix, place.suffix);
      drop(key);
      entries.set(key, entry);
      ids.add(entry.id);
      longest = Math.max(longest, entry.text.length);
      for (const oldest of entries.keys()) if (entries.size > most) drop(oldest);
    },
    remove(id) {
      for (const [key, entry] of entries) {
        if (entry.id !== id) continue;
        drop(key);
        return true;
      }
      return false;
    },
  };
}

/** How many signs at the beginning of what follows the cursor an editor may have put there. */
export function closedBy(suffix: string): number {
  let count = 0;
  while (count < mostClosed && closers.includes(suffix[count] ?? '\n')) count += 1;
  return count;
}

/** A text as far as it comes before the closing signs that stand after the cursor; `undefined` where it never closes them. */
export function beforeCloser(text: string, closed: string): string | undefined {
  const [sign = ''] = closed;
  const opener = { ')': '(', ']': '[', '}': '{' }[sign];
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === opener) depth += 1;
    else if (text[at] === sign) {
      if (depth === 0) return text.startsWith(closed, at) ? text.slice(0, at) : undefined;
      depth -= 1;
    }
  }
  return undefined;
}
