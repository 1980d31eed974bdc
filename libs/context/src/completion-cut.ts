import type { completionEnds } from '@nootropic/contracts';
import { opensBlock } from './completion-place.ts';

export type CompletionEnd = (typeof completionEnds)[number];

export interface CutPlace {
  /** All text before the cursor. */
  readonly before: string;
  /** All text after it. */
  readonly after: string;
  /** Whether more than one line is wanted. */
  readonly many: boolean;
}

/** Takes a completion piece by piece as a model writes it, and gives what of it is to be shown. */
export interface CompletionCut {
  /** What can be shown now and is never taken back, and why it ends here, where it does: the model need not go on. */
  push(piece: string): { readonly text: string; readonly ended?: CompletionEnd };
  /** The model has ended: the whole text, perhaps shorter than what was given, and why it ends. `reason` is the model's own. */
  end(reason: CompletionEnd): { readonly text: string; readonly more: string; readonly reason: CompletionEnd };
}

/**
 * Ends a completion where a person would: with the line, or where the indentation falls below that of the line on which it began and its brackets are
 * closed. What stands after the cursor is not said again, in whole or in part; a line that was just said is not said again either.
 */
export function createCompletionCut(place: CutPlace): CompletionCut {
  const about = surroundingsOf(place);
  let raw = '';
  let given = '';
  let ended: CompletionEnd | undefined;
  const give = (text: string): string => {
    // What was given once stays, also where more of it would now be held back.
    const more = text.startsWith(given) ? text.slice(given.length) : '';
    given += more;
    return more;
  };
  return {
    push(piece) {
      if (ended !== undefined) return { text: '', ended };
      raw += piece.replaceAll('\r', '');
      const cut = cutText(raw, about, false);
      ended = cut.ended;
      const text = give(held(cut.text, about));
      return ended === undefined ? { text } : { text, ended };
    },
    end(reason) {
      const cut = cutText(raw, about, true);
      const trimmed = withoutSuffix(cut.text.trimEnd(), about);
      const text = trimmed.trim() === '' ? '' : trimmed;
      const natural = cut.ended ?? (trimmed === cut.text.trimEnd() ? reason : 'suffix');
      return { text, more: give(text), reason: ended ?? natural };
    },
  };
}

interface Surroundings {
  readonly many: boolean;
  /** The cursor's line as far as the cursor, and what follows on it. */
  readonly line: string;
  readonly rest: string;
  /** The last line with text above, and the first below; without spaces around them. */
  readonly above: string;
  readonly below: string;
  readonly belowIndent: number;
  /** Columns of indentation of the line it begins on. */
  readonly base: number;
  readonly opens: boolean;
  readonly isBlank: boolean;
  /** Brackets of the line that nothing after the cursor closes: so many the completion may close. */
  readonly owed: number;
}

function surroundingsOf({ before, after, many }: CutPlace): Surroundings {
  const start = before.lastIndexOf('\n') + 1;
  const line = before.slice(start);
  const end = after.indexOf('\n');
  const rest = (end < 0 ? after : after.slice(0, end)).trimEnd();
  const below = end < 0 ? '' : (/^[^\S\n]*\S[^\n]*/mu.exec(after.slice(end + 1))?.[0] ?? '');
  const closers = /^[\s)\]}]*/u.exec(rest)?.[0].replace(/\s/gu, '').length ?? 0;
  return {
    many,
    line,
    rest,
    above: lastLineOf(before.slice(0, start)),
    below: below.trim(),
    belowIndent: indentOf(below),
    base: line.trim() === '' ? indentOf(`${line}x`) : indentOf(line),
    opens: opensBlock(line),
    isBlank: line.trim() === '',
    owed: Math.max(0, Math.max(0, balanceOf(line)) - closers),
  };
}

/** Names of special tokens that a server gave as text. */
const marker = /<\|[a-z_]+\|>|<EOT>|<(?:fim|file)_[a-z]+>/u;
const markerBegun = /<[|A-Za-z_]{0,20}$/u;
const closerLine = /^\s*(?:[)\]}]|end\b|fi\b|done\b|esac\b|<\/)/u;
const goesOn = /^\s*(?:else\b|elif\b|elsif\b|except\b|catch\b|finally\b|rescue\b|case\b|default\b)/u;

function cutText(raw: string, about: Surroundings, isWhole: boolean): { text: string; ended?: CompletionEnd } {
  const marked = raw.search(marker);
  const known = marked >= 0 ? raw.slice(0, marked) : isWhole ? raw : raw.replace(markerBegun, '');
  const whole = isWhole || marked >= 0;
  const cut = cutLines(known, about, whole);
  const looped = loopStart(cut.text);
  if (looped !== undefined) return { text: cut.text.slice(0, looped), ended: 'repeat' };
  return marked >= 0 && cut.ended === undefined ? { text: cut.text, ended: 'stop' } : cut;
}

function cutLines(known: string, about: Surroundings, whole: boolean): { text: string; ended?: CompletionEnd } {
  const lines = known.split('\n');
  const [first = ''] = lines;
  const isComplete = (at: number): boolean => whole || at < lines.length - 1;
  const repeated = bracketEnd(first, about) ?? restEnd(first, about);
  if (repeated !== undefined) return { text: first.slice(0, repeated), ended: 'suffix' };
  if (isComplete(0) && isSaid(about.line + first, about.above)) return { text: '', ended: 'repeat' };
  if (!about.many) return lines.length > 1 ? { text: first, ended: 'line' } : { text: first };

  let text = first;
  let blank = '';
  let depth = balanceOf(first);
  let previous = (about.line + first).trim() === '' ? about.above : (about.line + first).trim();
  for (const [index, line] of lines.slice(1).entries()) {
    if (!isComplete(index + 1)) break;
    if (line.trim() === '') {
      if (about.isBlank && depth <= 0 && text.trim() !== '') return { text, ended: 'stop' };
      blank += `\n${line}`;
      continue;
    }
    const ending = endsBefore(line, { about, depth, previous });
    if (ending !== undefined) return { text, ended: ending };
    text += `${blank}\n${line}`;
    blank = '';
    depth += balanceOf(line);
    previous = line.trim();
    if (endsAfter(line, about, depth)) return { text, ended: 'dedent' };
  }
  return { text };
}

function endsBefore(
  line: string,
  { about, depth, previous }: { readonly about: Surroundings; readonly depth: number; readonly previous: string },
): CompletionEnd | undefined {
  const indent = indentOf(line);
  const said = line.trim();
  const isWordy = /\w{3}/u.test(said);
  if (said === about.below && indent === about.belowIndent && (isWordy || depth + about.owed <= 0)) return 'suffix';
  if (isSaid(said, previous)) return 'repeat';
  const closes = closerLine.test(line);
  if (indent < about.base) return closes && depth > 0 ? undefined : 'dedent';
  if (indent > about.base || !about.opens) return undefined;
  return closes || goesOn.test(line) ? undefined : 'dedent';
}

/** A block that was opened on the cursor's own line ends with the line that closes it. */
function endsAfter(line: string, about: Surroundings, depth: number): boolean {
  return about.opens && closerLine.test(line) && indentOf(line) <= about.base && depth <= 0 && !opensBlock(line);
}

/** Where a line closes a bracket that what follows the cursor closes already. */
function bracketEnd(text: string, { rest, owed }: Surroundings): number | undefined {
  const next = rest.trimStart()[0];
  if (next === undefined || !')]}'.includes(next)) return undefined;
  let depth = 0;
  for (const { sign, at } of bracketsOf(text)) {
    depth += '([{'.includes(sign) ? 1 : -1;
    if (depth < -owed && sign === next) return at;
  }
  return undefined;
}

/** Where a line says the whole rest of the cursor's line, if that is more than brackets. */
function restEnd(text: string, { rest }: Surroundings): number | undefined {
  const said = rest.trim();
  if (said.length < 2 || !/[\w'"`]/u.test(said)) return undefined;
  const at = text.indexOf(said);
  return at < 0 ? undefined : text.slice(0, at).trimEnd() === '' ? 0 : at;
}

/** What is not given yet: spaces at the end, and what may be the beginning of the rest of the line. */
function held(text: string, { rest }: Surroundings): string {
  const said = rest.trimStart();
  for (let length = Math.min(said.length, text.length); length > 0; length -= 1)
    if (text.endsWith(said.slice(0, length))) return text.slice(0, -length).trimEnd();
  return text.trimEnd();
}

/** The text without its end where that is what follows the cursor: all of it, or signs that were opened before. */
function withoutSuffix(text: string, { rest, line, owed }: Surroundings): string {
  const said = rest.trimStart();
  for (let length = Math.min(said.length, text.length); length > 0; length -= 1) {
    const tail = said.slice(0, length);
    if (!text.endsWith(tail)) continue;
    const left = text.slice(0, -length);
    if (/\w/u.test(tail)) {
      if (length === said.length && length > 2) return left.trimEnd();
      continue;
    }
    const quotes = [...new Set(tail.match(/['"`]/gu) ?? [])];
    const closesQuotes = quotes.every((quote) => (line + left).split(quote).length % 2 === 0);
    const closesBrackets = !/[)\]}]/u.test(tail) || -balanceOf(left) >= owed;
    if (closesQuotes && closesBrackets) return left;
  }
  return text;
}

/** Whether a line was said just before; brackets and the like may come twice. */
function isSaid(line: string, previous: string): boolean {
  return /\w{4}/u.test(line) && line.trim() === previous;
}

const longestUnit = 32;
const leastLoop = 28;
const leastTimes = 4;

/** Where a text begins to say the same few words for the fourth time and more, after the first of them. */
function loopStart(text: string): number | undefined {
  for (let unit = 1; unit <= Math.min(longestUnit, Math.floor(text.length / leastTimes)); unit += 1) {
    const piece = text.slice(-unit);
    if (!/[\p{L}\p{N}]/u.test(piece)) continue;
    let times = 1;
    while (text.slice(-unit * (times + 1), -unit * times) === piece) times += 1;
    if (times >= leastTimes && times * unit >= leastLoop) return text.length - unit * (times - 1);
  }
  return undefined;
}

function lastLineOf(text: string): string {
  const lines = text.trimEnd();
  return lines.slice(lines.lastIndexOf('\n') + 1).trim();
}

const tabColumns = 4;

function indentOf(line: string): number {
  let columns = 0;
  for (const sign of line) {
    if (sign === ' ') columns += 1;
    else if (sign === '\t') columns += tabColumns;
    else break;
  }
  return columns;
}

function balanceOf(text: string): number {
  let depth = 0;
  for (const { sign } of bracketsOf(text)) depth += '([{'.includes(sign) ? 1 : -1;
  return depth;
}

/** The brackets of a line that stand in no string which begins and ends on it. */
function bracketsOf(text: string): { readonly sign: string; readonly at: number }[] {
  const found: { sign: string; at: number }[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] ?? '';
    if (`'"\``.includes(sign)) {
      const end = closingQuote(text, at);
      if (end !== undefined) at = end;
    } else if ('()[]{}'.includes(sign)) found.push({ sign, at });
  }
  return found;
}

function closingQuote(text: string, from: number): number | undefined {
  const quote = text[from];
  for (let at = from + 1; at < text.length && text[at] !== '\n'; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote) return at;
  }
  return undefined;
}
