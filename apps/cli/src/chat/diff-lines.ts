import { cutLine, span, type Line } from './styled-line.ts';

/** A unified diff, coloured. The text must be safe for a terminal already. */
export function diffLines(diff: string, width: number): Line[] {
  return diff
    .trimEnd()
    .split('\n')
    .flatMap((text) => cutLine([lineOf(text)], width, [span('  ')]));
}

function lineOf(text: string): Line[number] {
  if (/^(?:\+\+\+|---|diff |index )/u.test(text)) return span(text, 'bold');
  if (text.startsWith('@@')) return span(text, 'cyan');
  if (text.startsWith('+')) return span(text, 'green');
  if (text.startsWith('-')) return span(text, 'red');
  return span(text);
}

/** Whether a text is a diff, by its headers. */
export function isDiff(text: string): boolean {
  return /^(?:--- .*\n\+\+\+ |@@ .*@@)/mu.test(text);
}
