/** A piece of a text that is stored and compressed as one. Offsets and lines are those of the text; the first line is 1. */
export interface TextBlock {
  readonly text: string;
  readonly offset: number;
  /** The line that its first character is in. */
  readonly line: number;
  /** Line ends in it. */
  readonly breaks: number;
  readonly passages: readonly TextPassage[];
}

/** A piece of a block that a search finds. `from` and `to` count from the start of the block. */
export interface TextPassage {
  readonly from: number;
  readonly to: number;
  readonly startLine: number;
  readonly endLine: number;
}

/** What is known of a text so far. */
export interface TextMeasure {
  readonly bytes: number;
  readonly characters: number;
  readonly lines: number;
  readonly tokens: number;
  readonly endsInBreak: boolean;
}

export interface TextCutter {
  /** Takes in some more of the text, and gives the blocks that are full with it. */
  push(text: string): Generator<TextBlock>;
  /** The last block. Nothing may be pushed after it. */
  end(): Generator<TextBlock>;
  /** What the blocks given so far have together. */
  measure(): TextMeasure;
}

/** A block of a text with lines ends at a line and has between half of these characters and all of them. */
export const blockCharacters = 64 * 1024;
const passageLines = 40;
const passageCharacters = 2000;
const encoder = new TextEncoder();

/** Cuts a text that arrives in pieces into blocks, however the pieces fall. Holds one block at most. A lone surrogate becomes U+FFFD. */
export function createTextCutter(): TextCutter {
  let held = '';
  let offset = 0;
  let line = 1;
  let bytes = 0;
  let weight = 0;
  let endsInBreak = false;

  const cut = (length: number): TextBlock => {
    const text = held.slice(0, length).toWellFormed();
    held = held.slice(length);
    const passages = passagesOf(text, line);
    const breaks = countBreaks(text);
    const block = { text, offset, line, breaks, passages };
    offset += text.length;
    line += breaks;
    bytes += encoder.encode(text).length;
    weight += tokenWeight(text);
    endsInBreak = text.endsWith('\n');
    return block;
  };

  return {
    *push(text) {
      let taken = 0;
      while (taken < text.length) {
        const piece = text.slice(taken, taken + blockCharacters + 2 - held.length);
        held += piece;
        taken += piece.length;
        if (held.length > blockCharacters + 1) yield cut(blockEnd(held));
      }
    },
    *end() {
      while (held.length > 0) yield cut(held.length <= blockCharacters ? held.length : blockEnd(held));
    },
    measure: () => ({
      bytes,
      characters: offset,
      lines: offset === 0 ? 0 : endsInBreak ? line - 1 : line,
      tokens: Math.ceil(weight),
      endsInBreak,
    }),
  };
}

/** After the last line end that fits, or where there is none in the second half, as far as goes without cutting a character in two. */
function blockEnd(text: string): number {
  const lineEnd = text.lastIndexOf('\n', blockCharacters - 1) + 1;
  return lineEnd > blockCharacters / 2 ? lineEnd : wholeCharacters(text, blockCharacters);
}

/** The place itself, or the one before it where it is between the halves of a surrogate pair. */
export function wholeCharacters(text: string, at: number): number {
  const code = text.charCodeAt(at);
  const before = text.charCodeAt(at - 1);
  return code >= 0xdc00 && code <= 0xdfff && before >= 0xd800 && before <= 0xdbff ? at - 1 : at;
}

export function countBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/**
 * Tokens of a text in a language model, not rounded: 3.5 ASCII characters each, about what byte-level BPE vocabularies give for code, and
 * one and a half for every other character.
 */
export function tokenWeight(text: string): number {
  let other = 0;
  let units = 0;
  for (const [character] of text.matchAll(/[^\0-\u007f]/gu)) {
    other += 1;
    units += character.length;
  }
  return (text.length - units) / 3.5 + other * 1.5;
}

function passagesOf(text: string, firstLine: number): TextPassage[] {
  const passages: TextPassage[] = [];
  let from = 0;
  let startLine = firstLine;
  let at = 0;
  let line = firstLine;
  const close = (to: number, endLine: number): void => {
    if (to > from) passages.push({ from, to, startLine, endLine });
    from = to;
  };
  while (at < text.length) {
    const found = text.indexOf('\n', at);
    const end = found < 0 ? text.length : found + 1;
    if (end - from > passageCharacters || line - startLine >= passageLines) {
      close(at, line - 1);
      startLine = line;
    }
    while (end - from > passageCharacters) close(wholeCharacters(text, from + passageCharacters), line);
    at = end;
    line += 1;
  }
  close(text.length, line - 1);
  return passages;
}
