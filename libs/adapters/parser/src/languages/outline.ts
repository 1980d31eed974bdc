import type { ParsedSource } from '@nootropic/contracts';

/** One line per symbol, then the references and the borders: what a reader compares with the sample. */
export function outline({ symbols, references, borders }: ParsedSource): string {
  return [
    ...symbols.map(({ kind, name, startLine, endLine, signature, doc }) =>
      [`${startLine}-${endLine} ${kind} ${name}`, signature, doc].filter((part) => part !== '').join(' | '),
    ),
    `calls: ${references.map(({ line, from, name }) => `${line} ${from}>${name}`).join(', ')}`,
    `borders: ${borders.join(' ')}`,
  ].join('\n');
}
