import { textWidth } from '../text-width.ts';

/** A text that is being typed, of one or more lines. The cursor stands before the character at `cursor`, in UTF-16 units. */
export interface Draft {
  readonly text: string;
  readonly cursor: number;
}

export const emptyDraft: Draft = { text: '', cursor: 0 };

export type Edit =
  | { readonly kind: 'insert'; readonly text: string }
  | { readonly kind: 'left' | 'right' | 'word-left' | 'word-right' | 'start' | 'end' }
  | { readonly kind: 'backspace' | 'delete' | 'delete-word' | 'delete-to-start' | 'delete-to-end' }
  | { readonly kind: 'up' | 'down' };

/** One edit of a draft, as a shell's line editor does it. Pure; the cursor never stands inside of a character. */
export function edited(draft: Draft, edit: Edit): Draft {
  const { text, cursor } = draft;
  switch (edit.kind) {
    case 'insert':
      return { text: text.slice(0, cursor) + edit.text + text.slice(cursor), cursor: cursor + edit.text.length };
    case 'left':
      return { text, cursor: before(text, cursor) };
    case 'right':
      return { text, cursor: after(text, cursor) };
    case 'word-left':
      return { text, cursor: wordBefore(text, cursor) };
    case 'word-right':
      return { text, cursor: cursor + (/^\s*\S*/u.exec(text.slice(cursor))?.[0].length ?? 0) };
    case 'start':
      return { text, cursor: lineStart(text, cursor) };
    case 'end':
      return { text, cursor: lineEnd(text, cursor) };
    case 'backspace':
      return cut(draft, before(text, cursor), cursor);
    case 'delete':
      return cut(draft, cursor, after(text, cursor));
    case 'delete-word':
      return cut(draft, wordBefore(text, cursor), cursor);
    case 'delete-to-start':
      return cut(draft, lineStart(text, cursor), cursor);
    case 'delete-to-end':
      return cut(draft, cursor, lineEnd(text, cursor));
    case 'up':
    case 'down':
      return moved(draft, edit.kind);
  }
}

/** Whether the cursor is on the first, or the last, line: where up and down leave the text. */
export function onEdge({ text, cursor }: Draft, edge: 'first' | 'last'): boolean {
  return edge === 'first' ? !text.slice(0, cursor).includes('\n') : !text.slice(cursor).includes('\n');
}

export interface ShownDraft {
  readonly lines: readonly string[];
  readonly row: number;
  readonly column: number;
}

/** The draft in rows of at most `width` columns, and where the cursor is among them. */
export function shownDraft({ text, cursor }: Draft, width: number): ShownDraft {
  const lines: string[] = [''];
  let column = 0;
  let at = 0;
  let place = { row: 0, column: 0 };
  for (const character of text) {
    if (at === cursor) place = { row: lines.length - 1, column };
    at += character.length;
    if (character === '\n') {
      lines.push('');
      column = 0;
      continue;
    }
    const columns = textWidth(character);
    if (column + columns > width) {
      lines.push('');
      column = 0;
      if (at - character.length === cursor) place = { row: lines.length - 1, column };
    }
    lines[lines.length - 1] += character;
    column += columns;
  }
  if (cursor >= text.length) {
    if (column >= width) {
      lines.push('');
      column = 0;
    }
    place = { row: lines.length - 1, column };
  }
  return { lines, ...place };
}

function cut({ text }: Draft, from: number, to: number): Draft {
  return { text: text.slice(0, from) + text.slice(to), cursor: from };
}

/** Where the character, as a person sees it, before this place begins. */
function before(text: string, cursor: number): number {
  let last = 0;
  for (const { index } of graphemes(text)) {
    if (index >= cursor) break;
    last = index;
  }
  return last;
}

function after(text: string, cursor: number): number {
  for (const { index } of graphemes(text)) if (index > cursor) return index;
  return text.length;
}

function graphemes(text: string): Iterable<{ readonly index: number }> {
  return new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text);
}

function wordBefore(text: string, cursor: number): number {
  return cursor - (/\S*\s*$/u.exec(text.slice(0, cursor))?.[0].length ?? 0);
}

function lineStart(text: string, cursor: number): number {
  return cursor === 0 ? 0 : text.lastIndexOf('\n', cursor - 1) + 1;
}

function lineEnd(text: string, cursor: number): number {
  const end = text.indexOf('\n', cursor);
  return end < 0 ? text.length : end;
}

function moved(draft: Draft, where: 'up' | 'down'): Draft {
  const { text, cursor } = draft;
  const start = lineStart(text, cursor);
  const column = cursor - start;
  if (where === 'up') {
    if (start === 0) return { text, cursor: 0 };
    const above = lineStart(text, start - 1);
    return { text, cursor: Math.min(above + column, start - 1) };
  }
  const end = lineEnd(text, cursor);
  if (end === text.length) return { text, cursor: end };
  return { text, cursor: Math.min(end + 1 + column, lineEnd(text, end + 1)) };
}
