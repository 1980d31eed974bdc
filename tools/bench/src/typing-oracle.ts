import type { TypedHunk } from './typing-hunks.ts';

/** A model that knows what will be typed, and is right about a line with a given probability; the same each time. */
export interface Oracle {
  /** What it writes after this text, in tokens, as far as it would go on. */
  write(before: string): readonly string[];
}

/** Of a hunk's end it goes on with what follows in the file half of the time, as models do. */
const overrun = 3;

/**
 * What is measured with it is what an editor does with a model, not the model: of each line it is right with the probability `rate` before its first
 * word is typed, and more the more of it is; where it is wrong it writes other words from some word of the line on. Asked again in the same
 * place it says the same.
 */
export function createOracle(
  hunk: TypedHunk,
  { rate, seed }: { readonly rate: number; readonly seed: number },
): Oracle {
  const target = hunk.before + hunk.text;
  const following = hunk.after.split('\n').slice(1, 1 + overrun);
  const chance = (...of: readonly (string | number)[]): number =>
    hashShare(`${String(seed)} ${hunk.name} ${of.join(' ')}`);

  const lineAfter = (line: string, number: number, typed: number): string => {
    const rest = line.slice(typed);
    const words = rest.split(/(?<=\W)(?=\w)/u);
    const share = line.length === 0 ? 1 : typed / line.length;
    const right = rate + (1 - rate) * share;
    const known = (line.slice(0, typed).match(/\w+/gu) ?? []).length;
    if (rest.trim() === '' || chance(number, known) < right) return rest;
    const from = Math.floor(chance('from', number, known) * words.length);
    const wrong = words.slice(from).map((word) => word.replace(/\w+/u, (name) => `${name.slice(0, 1)}other`));
    return [...words.slice(0, from), ...wrong].join('');
  };

  return {
    write(before) {
      const written = placeIn(before, target, hunk.before.length);
      // A text that will never be: the model says something, and it is of no use.
      if (written === undefined) return tokensOf('somethingElse(entirely);\n');
      const rest = target.slice(written);
      const start = target.lastIndexOf('\n', written - 1) + 1;
      const first = target.slice(0, start).split('\n').length;
      const lines = rest.split('\n').map((line, at) => {
        const whole = at === 0 ? target.slice(start, written) + line : line;
        return lineAfter(whole, first + at, at === 0 ? written - start : 0);
      });
      const goesOn = chance('end', first) < 0.5 ? following : [];
      return tokensOf([...lines, ...goesOn].join('\n'));
    },
  };
}

/** How much of the target is written, where the text is a beginning of it; `undefined` where it is another. */
function placeIn(before: string, target: string, least: number): number | undefined {
  const tail = before.slice(-2_000);
  for (let end = target.length; end >= least; end -= 1)
    if (target.slice(Math.max(0, end - tail.length), end) === tail) return end;
  return undefined;
}

/** A text in pieces of about the size of a model's tokens. */
export function tokensOf(text: string): string[] {
  return text.match(/\n[^\S\n]*|[^\S\n]*\w{1,6}|[^\S\n]*[^\w\s]{1,3}|[^\S\n]+/gu) ?? [];
}

/** A number from 0 to 1 from a text (FNV-1a with a last mixing: http://www.isthe.com/chongo/tech/comp/fnv/). */
function hashShare(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}
