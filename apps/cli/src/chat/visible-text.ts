import { withoutEscapes } from '../escape-filter.ts';

/**
 * Characters that show nothing but change what is read around them: marks that turn the direction of text, so that a line
 * reads otherwise than it runs (CVE-2021-42574), spaces of no width, and the tag characters that hide a second text.
 */
const hidden =
  /[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** Text from a model, a file or a command, safe for a terminal: no control sequence is left, what hides is named, tabs are spaces. */
export function visibleText(text: string): string {
  return withoutEscapes(text)
    .replace(
      hidden,
      (character) => `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`,
    )
    .replaceAll('\t', '    ');
}

/** The same on one line. */
export function visibleLine(text: string): string {
  return visibleText(text).replace(/\s+/gu, ' ').trim();
}
