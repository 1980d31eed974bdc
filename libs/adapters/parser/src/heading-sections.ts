import type { SymbolInfo } from '@nootropic/contracts';

export interface Heading {
  /** 1 is the highest. */
  readonly level: number;
  readonly title: string;
  readonly line: number;
}

/**
 * The sections below headings in the order of their lines: each reaches to the line before the next heading of the same or a
 * higher rank, the last to the last line. Names are qualified by the enclosing headings.
 */
export function sectionsOf(path: string, headings: readonly Heading[], lastLine: number): SymbolInfo[] {
  const symbols: SymbolInfo[] = [];
  const open: { readonly level: number; readonly qualified: string; readonly at: number }[] = [];
  const closeTo = (level: number, endLine: number): void => {
    for (let last = open.at(-1); last && last.level >= level; last = open.at(-1)) {
      open.pop();
      const symbol = symbols[last.at];
      if (symbol) symbols[last.at] = { ...symbol, endLine: Math.max(symbol.startLine, endLine) };
    }
  };
  for (const { level, title, line } of headings) {
    closeTo(level, line - 1);
    const enclosing = open.at(-1)?.qualified;
    const name = enclosing === undefined ? title : `${enclosing}.${title}`;
    open.push({ level, qualified: name, at: symbols.length });
    symbols.push({ path, name, kind: 'section', startLine: line, endLine: line, signature: '', doc: '' });
  }
  closeTo(0, lastLine);
  return symbols;
}
