/** Where the filter is inside a control sequence. `string` is the body of an OSC, DCS, SOS, PM or APC sequence. */
type State = 'text' | 'escape' | 'csi' | 'string' | 'string-escape';

const ESC = 0x1b;
const BEL = 0x07;
/** A string sequence that has no end within this many characters was no sequence; text is shown again after it. */
const longestString = 4096;

/**
 * Takes terminal control sequences out of text that comes from files or models, piece by piece: a sequence that
 * is split between two pieces is still taken out. What stays is printable text, `\n` and `\t`.
 * Without this, an indexed file could retitle the terminal, write to the clipboard (OSC 52) or hide lines.
 *
 * The states are those of a VT parser, reduced to what is needed to find a sequence's end:
 * https://vt100.net/emu/dec_ansi_parser
 */
export function createEscapeFilter(): (text: string) => string {
  let state: State = 'text';
  let length = 0;

  function next(code: number): boolean {
    switch (state) {
      case 'escape':
        return afterEscape(code);
      case 'csi':
        if (code >= 0x40 && code <= 0x7e) state = 'text';
        else if (code < 0x20 || code > 0x7e) return recover(code);
        return false;
      case 'string':
      case 'string-escape':
        return inString(code);
      case 'text':
        return inText(code);
    }
  }

  function inText(code: number): boolean {
    if (code === ESC) state = 'escape';
    else if (code === 0x9b) state = 'csi';
    else if (code === 0x90 || code === 0x98 || (code >= 0x9d && code <= 0x9f)) enterString();
    return code === 0x0a || code === 0x09 || (code >= 0x20 && code < 0x7f) || code >= 0xa0;
  }

  function afterEscape(code: number): boolean {
    if (code === 0x5b) state = 'csi';
    else if (code === 0x5d || code === 0x50 || code === 0x58 || code === 0x5e || code === 0x5f) enterString();
    else if (code >= 0x20 && code <= 0x2f) return false;
    else if (code < 0x20 || code > 0x7e) return recover(code);
    else state = 'text';
    return false;
  }

  function inString(code: number): boolean {
    length += 1;
    if (code === BEL || code === 0x9c || (state === 'string-escape' && code === 0x5c)) state = 'text';
    else if (code === 0x0a || length > longestString) return recover(code);
    else state = code === ESC ? 'string-escape' : 'string';
    return false;
  }

  function enterString(): void {
    state = 'string';
    length = 0;
  }

  /** The sequence was broken off: this character is read as text again. */
  function recover(code: number): boolean {
    state = 'text';
    return inText(code);
  }

  return (text) => {
    let kept = '';
    for (const character of text) if (next(character.codePointAt(0) ?? 0)) kept += character;
    return kept;
  };
}

/** {@link createEscapeFilter} for a text that is whole. */
export function withoutEscapes(text: string): string {
  return createEscapeFilter()(text);
}
