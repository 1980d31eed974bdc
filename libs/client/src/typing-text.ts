import type { SuggestionPart, TypingPlace } from './typing-types.ts';

/** The beginning of a suggestion that a person takes: to the end of its first word, with the space before it, or of its first line with text. */
export function partOf(text: string, part: SuggestionPart): string {
  if (part === 'all') return text;
  if (part === 'line') return /^\s*[^\n]*\n?/u.exec(text)?.[0].replace(/\n$/u, '') || text;
  return /^\s*(?:[\p{L}\p{N}_$]+|[^\s\p{L}\p{N}_$]+)/u.exec(text)?.[0] ?? text;
}

const hashLanguages = new Set(
  'python ruby perl shellscript bash makefile dockerfile yaml toml r julia elixir powershell nix'.split(' '),
);
const dashLanguages = new Set('sql lua haskell ada elm'.split(' '));

/** Whether the cursor stands in a comment, judged by its line alone. */
export function isInComment({ language, prefix }: Pick<TypingPlace, 'language' | 'prefix'>): boolean {
  const line = prefix.slice(prefix.lastIndexOf('\n') + 1);
  if (hashLanguages.has(language)) return /^\s*#/u.test(line) || /\s#\s[^'"]*$/u.test(line);
  if (dashLanguages.has(language)) return /^\s*--/u.test(line);
  return /^\s*(?:\/\/|\/\*|\*\s|\*$|<!--)/u.test(line) || /\s\/\/\s[^'"`]*$/u.test(line);
}

/** Whether the cursor has a letter on its right: what is typed there belongs to a word that is written. */
export function isInWord(suffix: string): boolean {
  return /^[\p{L}\p{N}_$]/u.test(suffix);
}

/** The indentation that an editor gives the line after this text. */
export function nextIndent(text: string): string {
  const line = text.slice(text.lastIndexOf('\n') + 1);
  const indent = /^[^\S\n]*/u.exec(line)?.[0] ?? '';
  if (!/(?:[{([]|=>|:)\s*$/u.test(line)) return indent;
  if (indent.includes('\t')) return `${indent}\t`;
  // By so many spaces the text is indented elsewhere.
  const steps = [...text.matchAll(/\n( +)\S/gu)].map(([, spaces = '']) => spaces.length);
  const unit = steps.length === 0 ? 2 : Math.max(2, Math.min(8, Math.min(...steps)));
  return indent + ' '.repeat(unit);
}

/** Of an accepted text, the characters that are in the document now. Each line counts alone, by its longest end or beginning that is still there. */
export function retainedCharacters(accepted: string, now: string): number {
  let kept = 0;
  for (const line of accepted.split('\n')) {
    const text = line.trim();
    if (text === '') continue;
    kept += now.includes(text) ? text.length : Math.max(longest(text, now, 'start'), longest(text, now, 'end'));
  }
  return kept;
}

/** Shorter pieces are in any text. */
const leastPiece = 4;

function longest(text: string, within: string, from: 'start' | 'end'): number {
  const piece = (length: number): string => (from === 'start' ? text.slice(0, length) : text.slice(-length));
  let [least, most] = [0, text.length];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (within.includes(piece(middle))) least = middle;
    else most = middle - 1;
  }
  return least >= leastPiece ? least : 0;
}
