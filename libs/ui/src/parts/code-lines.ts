/** A piece of a line with the one meaning that it is coloured by: `keyword`, `string`, or empty for plain text. */
export interface Token {
  readonly text: string;
  readonly scope: string;
}
export type CodeLine = readonly Token[];

/** As much of a tree of highlighted code as is read here: that of lowlight, in the hast format (https://github.com/syntax-tree/hast). */
export type CodeNode =
  | { readonly type: 'text'; readonly value: string }
  | {
      readonly type: 'element';
      readonly properties: { readonly className?: unknown };
      readonly children: readonly CodeNode[];
    };

/** A line that is longer is cut on the screen, and says so: a browser lays out one line of a megabyte for seconds. */
export const longestLine = 2000;

/** Above this, or with a line above `longestHighlightedLine`, code is shown plain: its grammar would hold the page up. */
export const mostHighlighted = 400_000;
export const longestHighlightedLine = 20_000;

/** The lines of a text. An end of line at its end begins no line of its own, as in an editor's count of what a diff or a model wrote. */
export function textLines(text: string): string[] {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  if (lines.length > 1 && lines.at(-1) === '') lines.pop();
  return lines;
}

export function plainLines(text: string): CodeLine[] {
  return textLines(text).map((line) => (line === '' ? [] : [{ text: line, scope: '' }]));
}

/**
 * The lines of highlighted code. Where meanings are nested the inner one counts. The texts of a line, joined, are the line of the source.
 */
export function linesOf(nodes: readonly CodeNode[]): CodeLine[] {
  const lines: Token[][] = [[]];
  const take = (node: CodeNode, scope: string): void => {
    if (node.type === 'element') {
      const names = Array.isArray(node.properties.className) ? node.properties.className : [];
      const own = names.find((name): name is string => typeof name === 'string' && name.startsWith('hljs-'));
      for (const child of node.children) take(child, own === undefined ? scope : own.slice('hljs-'.length));
      return;
    }
    for (const [at, piece] of node.value.split('\n').entries()) {
      if (at > 0) lines.push([]);
      const text = piece.endsWith('\r') ? piece.slice(0, -1) : piece;
      if (text !== '') lines.at(-1)?.push({ text, scope });
    }
  };
  for (const node of nodes) take(node, '');
  if (lines.length > 1 && lines.at(-1)?.length === 0) lines.pop();
  return lines;
}

/** A part of a line, from `start` to before `end`, counted in characters from 0. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The tokens of a line, split at the borders of ranges; each says whether it lies in one. Ranges may overlap and stand in any order. */
export function markRanges(
  line: CodeLine,
  ranges: readonly Range[],
): readonly (Token & { readonly marked: boolean })[] {
  const borders = [...new Set(ranges.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  const pieces: (Token & { marked: boolean })[] = [];
  let offset = 0;
  for (const { text, scope } of line) {
    const end = offset + text.length;
    const cuts = [offset, ...borders.filter((border) => border > offset && border < end), end];
    for (const [at, from] of cuts.slice(0, -1).entries()) {
      const to = cuts[at + 1] ?? end;
      const marked = ranges.some((range) => range.start <= from && to <= range.end && range.start < range.end);
      pieces.push({ text: text.slice(from - offset, to - offset), scope, marked });
    }
    offset = end;
  }
  return pieces;
}

/**
 * Characters that are not seen, or that change how others are seen: controls, zero-width ones, those that turn the direction of text
 * (https://trojansource.codes), tags, and variation selectors, which can carry whole texts. In a picture, a joiner and a selector belong to it.
 */
const hiddenCharacter =
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180E\u200B\u200C\u200E\u200F\u202A-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF9-\uFFFB]|[\u{E0000}-\u{E0FFF}]|(?<![\p{Extended_Pictographic}\d#*])[\uFE00-\uFE0F]|(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])\u200D|\u200D(?!\p{Extended_Pictographic})/gu;

/** A text in pieces: what is seen, and each hidden character by its code point. Joined, they are the text. */
export function showHidden(text: string): readonly { readonly text: string; readonly code?: string }[] {
  const pieces: { text: string; code?: string }[] = [];
  let end = 0;
  for (const match of text.matchAll(hiddenCharacter)) {
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    const code = match[0].codePointAt(0) ?? 0;
    pieces.push({ text: match[0], code: `U+${code.toString(16).toUpperCase().padStart(4, '0')}` });
    end = match.index + match[0].length;
  }
  if (end < text.length || pieces.length === 0) pieces.push({ text: text.slice(end) });
  return pieces;
}

/** Whether a text holds a character that `showHidden` would name. */
export function holdsHidden(text: string): boolean {
  return text.search(hiddenCharacter) >= 0;
}
