/** Text as a person sees it, and what was taken out of it, in words: `2 invisible characters`. */
export interface SeenText {
  readonly text: string;
  readonly hidden: readonly string[];
}

/**
 * Characters that show nothing or change how others show: controls, zero-width, bidirectional (CVE-2021-42574), tags and variation selectors, in
 * which whole sentences have been hidden from people and read by models. Emoji keep the joiner and the selector that they are made with.
 */
const invisible = [
  // Controls, but tab and newline.
  String.raw`[\u0000-\u0008\u000b-\u001f\u007f-\u009f]`,
  String.raw`[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f]`,
  String.raw`[\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]`,
  String.raw`(?<![\p{Extended_Pictographic}\u{1f3fb}-\u{1f3ff}\ufe0f])\u200d`,
  String.raw`\u200d(?!\p{Extended_Pictographic})`,
  String.raw`[\ufe00-\ufe0d]`,
  String.raw`(?<![\p{Extended_Pictographic}\p{Emoji}\u{1f3fb}-\u{1f3ff}])[\ufe0e\ufe0f]`,
  String.raw`[\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]`,
].join('|');

/** Comments of HTML, which Markdown does not show: one that is not closed hides the rest of the text when it begins a line. */
const comment = String.raw`<!--[\s\S]*?-->|^ {0,3}<!--[\s\S]*`;

/** A definition that nothing refers to, the known way to write a comment in Markdown. */
const definition = String.raw`^ {0,3}\[(?:\/\/|comment|_|\.)\]:.*$`;

function counted(count: number, noun: string): string[] {
  return count === 0 ? [] : [`${String(count)} ${noun}${count === 1 ? '' : 's'}`];
}

/** Takes out of a Markdown text what a person who reads it would not see. */
export function takeHiddenOut(text: string): SeenText {
  let characters = 0;
  let comments = 0;
  const plain = text.replace(new RegExp(invisible, 'gu'), () => {
    characters += 1;
    return '';
  });
  const seen = plain.replace(new RegExp(`${comment}|${definition}`, 'gmu'), () => {
    comments += 1;
    return '';
  });
  return { text: seen, hidden: [...counted(characters, 'invisible character'), ...counted(comments, 'comment')] };
}

/** Whether a text holds a character that shows nothing, or one that could speak to a terminal. */
export function hasInvisible(text: string): boolean {
  return new RegExp(invisible, 'u').test(text);
}

/** A name or a line for a person: on one line, without what is invisible, and not too long. */
export function shownOnOneLine(text: string, most = 200): string {
  const line = text.replace(/\s+/gu, ' ').replace(new RegExp(invisible, 'gu'), '\ufffd').trim();
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}
