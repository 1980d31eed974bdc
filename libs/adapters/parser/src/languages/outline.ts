import type { ParsedSource } from '@nootropic/contracts';

/** One line per symbol, then the references and the borders: what a reader compares with the sample. */
export function outline({ symbols, references, imports, borders }: ParsedSource): string {
  return [
    ...symbols.map(({ kind, name, startLine, endLine, signature, doc }) =>
      [`${startLine}-${endLine} ${kind} ${name}`, signature, doc].filter((part) => part !== '').join(' | '),
    ),
    ...(['call', 'inherit', 'use'] as const).map((kind) => {
      const found = references.filter((reference) => (reference.kind ?? 'call') === kind);
      return `${kind}s: ${found.map(({ line, from, name }) => `${line} ${from}>${name}`).join(', ')}`;
    }),
    `imports: ${imports
      .map(({ line, module, names }) => {
        const taken = names.map(({ name, as }) => (name === as ? name : `${name} as ${as}`));
        return `${line} ${module}${taken.length > 0 ? ` {${taken.join(', ')}}` : ''}`;
      })
      .join('; ')}`,
    `borders: ${borders.join(' ')}`,
  ].join('\n');
}
