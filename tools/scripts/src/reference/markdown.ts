/** The first line of every generated page. */
export const generatedNote = '<!-- Written by `npm run docs`. Change what it is generated from, not this page. -->';

/** A Markdown table. Cells may hold any text: what would end a cell or a line is written so that it does not. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A whole page from its title and its paragraphs. */
export function markdownPage(title: string, paragraphs: readonly string[]): string {
  return `${[generatedNote, `# ${title}`, ...paragraphs].join('\n\n')}\n`;
}

export function code(text: string | number): string {
  return `\`${text}\``;
}
