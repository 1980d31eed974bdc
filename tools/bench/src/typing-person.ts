import { createSeededRandom } from '@nootropic/testing';
import type { VirtualTime } from './scheduler-clock.ts';
import type { TypedHunk } from './typing-hunks.ts';

/** What an editor shows at the cursor. */
export interface ShownText {
  readonly text: string;
  /** Known without asking a model. */
  readonly cached: boolean;
}

/** A way to decide when a model is asked and what is shown. */
export interface SuggestionPolicy {
  /** The text changed, and this is around the cursor now. Gives what is to be shown; also later, through `show`, as long as `signal` is not aborted. */
  ask(
    place: { readonly prefix: string; readonly suffix: string; readonly typed: string },
    show: (shown: ShownText) => void,
    signal: AbortSignal,
  ): void;
  /** Tokens written for what was never shown, once all is over. */
  wasted(): number;
}

/** What came of typing one hunk. */
export interface TypedResult {
  /** Times that a suggestion was wanted: once after each key, and after each acceptance. */
  asked: number;
  /** Of those, answered from what was known, at once; and such with a first line that is what is typed next. */
  cached: number;
  hits: number;
  /** With a first line that is what is typed next, known or not, before the next key. */
  right: number;
  /** Milliseconds until something was shown, where something was. */
  readonly firstMs: number[];
  keys: number;
  acceptedCharacters: number;
}

/** Milliseconds between two keys, the thinking before some words, and how long a right suggestion is looked at before it is taken. */
const rhythm = { key: 150, spread: 0.35, think: 900, thinkShare: 0.06, look: 350 };

/** Types a hunk key by key, and takes what is right when it was seen long enough. An editor puts the indentation of a new line there itself. */
export async function typeHunk(
  time: VirtualTime,
  hunk: TypedHunk,
  { policy, seed }: { readonly policy: SuggestionPolicy; readonly seed: number },
): Promise<TypedResult> {
  const random = createSeededRandom(seed);
  const result: TypedResult = { asked: 0, cached: 0, hits: 0, right: 0, firstMs: [], keys: 0, acceptedCharacters: 0 };
  let at = 0;
  let stop = new AbortController();
  /** A suggestion that goes on being right, since when. */
  let seen: { readonly since: number; readonly text: string } | undefined;

  const change = (typed: string): void => {
    stop.abort();
    stop = new AbortController();
    const { signal } = stop;
    at += typed.length;
    const rest = hunk.text.slice(at);
    const askedAt = time.now();
    // What was right and is typed stays seen.
    const goesOn = seen?.text.startsWith(typed) === true && seen.text.length > typed.length;
    seen = goesOn && seen !== undefined ? { since: seen.since, text: seen.text.slice(typed.length) } : undefined;
    let isFirst = true;
    result.asked += 1;
    policy.ask(
      { prefix: hunk.before + hunk.text.slice(0, at), suffix: hunk.after, typed },
      ({ text, cached }) => {
        if (signal.aborted || text.trim() === '') return;
        const taken = rightPart(text, rest);
        if (isFirst) {
          result.firstMs.push(time.now() - askedAt);
          if (cached) result.cached += 1;
          if (cached && taken !== '') result.hits += 1;
          if (taken !== '') result.right += 1;
        }
        isFirst = false;
        if (taken === '') seen = undefined;
        else seen = { since: seen?.since ?? time.now(), text: taken };
      },
      signal,
    );
  };

  change('');
  while (at < hunk.text.length) {
    const think = random() < rhythm.thinkShare ? rhythm.think * (0.5 + random()) : 0;
    await time.sleep(rhythm.key * (1 - rhythm.spread + 2 * rhythm.spread * random()) + think);
    if (seen !== undefined && time.now() - seen.since >= rhythm.look && seen.text.trim().length > 1) {
      result.acceptedCharacters += seen.text.length;
      change(seen.text);
      continue;
    }
    result.keys += 1;
    change(nextKey(hunk.text, at));
  }
  stop.abort();
  return result;
}

function nextKey(text: string, at: number): string {
  return text[at] === '\n' ? (/^\n[^\S\n]*/u.exec(text.slice(at))?.[0] ?? '\n') : text.slice(at, at + 1);
}

/** The lines of a suggestion that are what is typed next, from the first on; nothing where the first is not. */
function rightPart(text: string, rest: string): string {
  if (rest.startsWith(text) && (rest.length === text.length || rest[text.length] === '\n')) return text;
  let right = '';
  for (const line of text.split(/(?<=\n)/u)) {
    const bare = line.replace(/\n$/u, '');
    const wanted = rest.slice(right.length);
    if (wanted.split('\n')[0] !== bare) break;
    right += wanted.startsWith(line) ? line : bare;
  }
  // The line end belongs to what follows.
  return right.replace(/\n$/u, '').trim() === '' ? '' : right.replace(/\n$/u, '');
}
