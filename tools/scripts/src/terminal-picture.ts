import { readFileSync } from 'node:fs';

/**
 * Draws what a command printed as an SVG picture of a terminal, for the README. Text only: no script, no font, nothing loaded.
 *
 *     (cd DIR && nootropic ask "…") | node tools/scripts/src/terminal-picture.ts 'nootropic ask "…"' > docs/images/ask.svg
 */
function drawTerminal(command: string, output: string, rows: number): string {
  const width = 104;
  const lines = output.trimEnd().split('\n').slice(0, rows);
  const row = (text: string, index: number) =>
    `<text x="20" y="${62 + index * 19}" class="${lineClass(text)}" xml:space="preserve">${escape(clip(text, width))}</text>`;
  const height = 62 + lines.length * 19 + 30;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 ${height}" width="860" role="img" aria-label="${escape(command)}">`,
    '<style>text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#d4d4d8}.place{fill:#93c5fd}.soft{fill:#a1a1aa}.added{fill:#86efac}.removed{fill:#fca5a5}.command{fill:#fafafa;font-weight:bold}</style>',
    `<rect width="860" height="${height}" rx="10" fill="#18181b"/>`,
    `<text x="20" y="34" class="command" xml:space="preserve">$ ${escape(command)}</text>`,
    ...lines.map(row),
    '</svg>',
    '',
  ].join('\n');
}

function lineClass(text: string): string {
  if (/^\d+\. /u.test(text)) return 'place';
  if (/^\+[^+]|^✓/u.test(text)) return 'added';
  if (/^-[^-\s]|^✗/u.test(text)) return 'removed';
  if (/^(?:>|May it |Plan )/u.test(text)) return 'command';
  return /^\s+called at|^No language model|┆|^y once|^a adds|^\w+ · /u.test(text) ? 'soft' : 'text';
}

function clip(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

const [command = 'nootropic', rows = '32'] = process.argv.slice(2);
process.stdout.write(drawTerminal(command, readFileSync(0, 'utf8'), Number(rows)));
