/** Escape sequences of terminals: CSI, OSC and the like with their ends, then single ones (ECMA-48, https://ecma-international.org/publications-and-standards/standards/ecma-48/). */
const escapes =
  /\u001B\[[0-?]*[ -/]*[@-~]|\u001B[\]PX^_][\s\S]*?(?:\u001B\\|\u0007|$)|\u009B[0-?]*[ -/]*[@-~]|\u001B[ -/]*[0-~]?/gu;
/** Every other control character but tab and line feed. */
const controls = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/gu;
/**
 * Characters that nobody sees: of no width, for the direction of text (https://trojansource.codes), tags, and variation selectors, which
 * carry whole texts unseen.
 */
const hidden =
  /[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFB\u{1BCA0}-\u{1BCA3}\u{1D173}-\u{1D17A}\u{E0000}-\u{E0FFF}]/gu;
const comments = /<!--[\s\S]*?(?:-->|$)/gu;

/**
 * The text of a program or a page as a model may read it: without escape sequences, characters that nobody sees and HTML comments, where
 * instructions are hidden that a person would not find. A line that was written over (`\r`) is given as it was last.
 */
export function plainOutput(text: string): string {
  return text
    .replace(escapes, '')
    .replaceAll('\r\n', '\n')
    .replace(/^.*\r(?=[^\n])/gmu, '')
    .replace(comments, '[comment left out]')
    .replace(hidden, '')
    .replace(controls, '');
}
