import type { Style } from '../style.ts';
import { textWidth } from '../text-width.ts';

export type Look = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** A piece of a line, with how it looks. Its text is plain: no control sequence, no end of a line. */
export interface Span {
  readonly text: string;
  readonly looks?: readonly Look[] | undefined;
}

export type Line = readonly Span[];

export function span(text: string, ...looks: readonly Look[]): Span {
  return looks.length === 0 ? { text } : { text, looks };
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + textWidth(text), 0);
}

export function plainLine(line: Line): string {
  return line.map(({ text }) => text).join('');
}

/** The line as a terminal shows it. */
export function paintLine(line: Line, style: Style): string {
  return line.map(({ text, looks = [] }) => looks.reduce((painted, look) => style[look](painted), text)).join('');
}

/** Breaks a line between words; a word longer than a line is broken too. Further lines begin with `indent`. */
export function wrapLine(line: Line, width: number, indent: Line = []): Line[] {
  const room = Math.max(8, width);
  const lines: Line[] = [];
  let current: Span[] = [];
  let used = 0;
  let blank: Span | undefined;
  const next = (): void => {
    lines.push(current);
    current = [...indent];
    used = lineWidth(indent);
    blank = undefined;
  };
  for (const word of wordsOf(line)) {
    if (word.blank) {
      blank = word.spans[0];
      // What a line begins with is kept: it is an indentation.
      if (used === 0 && blank !== undefined) {
        current = appended(current, blank.text, blank.looks);
        used += textWidth(blank.text);
        blank = undefined;
      }
      continue;
    }
    const wide = lineWidth(word.spans);
    const gap = blank === undefined ? 0 : textWidth(blank.text);
    if (used > lineWidth(indent) && used + gap + wide > room) next();
    else if (blank !== undefined) {
      current = appended(current, blank.text, blank.looks);
      used += gap;
    }
    blank = undefined;
    for (const piece of word.spans)
      for (const character of piece.text) {
        const columns = textWidth(character);
        if (used + columns > room) next();
        current = appended(current, character, piece.looks);
        used += columns;
      }
  }
  lines.push(current);
  return lines;
}

/** Breaks a line at the edge wherever that is, so that code keeps its spaces. */
export function cutLine(line: Line, width: number, indent: Line = []): Line[] {
  const room = Math.max(8, width);
  if (lineWidth(line) <= room) return [line];
  const lines: Line[] = [];
  let current: Span[] = [];
  let used = 0;
  for (const { text, looks } of line)
    for (const character of text) {
      const columns = textWidth(character);
      if (used + columns > room) {
        lines.push(current);
        current = [...indent];
        used = lineWidth(indent);
      }
      current = appended(current, character, looks);
      used += columns;
    }
  lines.push(current);
  return lines;
}

function appended(spans: Span[], text: string, looks: Span['looks']): Span[] {
  const last = spans.at(-1);
  if (last !== undefined && sameLooks(last.looks, looks)) spans[spans.length - 1] = { text: last.text + text, looks };
  else spans.push({ text, looks });
  return spans;
}

function sameLooks(one: Span['looks'] = [], other: Span['looks'] = []): boolean {
  return one === other || (one.length === other.length && one.every((look, at) => look === other[at]));
}

interface Word {
  readonly blank: boolean;
  readonly spans: Span[];
}

/** Words may change their look in the middle, so a word is several spans. */
function wordsOf(line: Line): Word[] {
  const words: Word[] = [];
  for (const { text, looks } of line)
    for (const part of text.split(/(\s+)/u)) {
      if (part === '') continue;
      const blank = /^\s/u.test(part);
      const last = words.at(-1);
      if (last !== undefined && !blank && !last.blank) last.spans.push({ text: part, looks });
      else words.push({ blank, spans: [{ text: part, looks }] });
    }
  return words;
}
