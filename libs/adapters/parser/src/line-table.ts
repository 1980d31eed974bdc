/** Turns an index into a text into a 1-based line, by the line feeds alone, as tree-sitter counts rows. */
export interface LineTable {
  readonly count: number;
  lineOf(index: number): number;
  /** The index at which a 1-based line starts. */
  startOf(line: number): number;
}

export function createLineTable(text: string): LineTable {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return {
    count: starts.length,
    lineOf(index) {
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((starts[middle] ?? 0) <= index) low = middle;
        else high = middle - 1;
      }
      return low + 1;
    },
    startOf: (line) => starts[line - 1] ?? text.length,
  };
}
