const most = 6;
const longest = 300;

/** The six lines in a row with the most words of a query, and how many lines of the text lie before them. Long lines are cut. */
export function linesAround(
  text: string,
  query: string,
): { readonly first: number; readonly lines: readonly string[] } {
  const words = query.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [];
  const lines = text.split('\n');
  const held = lines.map((line) => {
    const lower = line.toLowerCase();
    return words.filter((word) => lower.includes(word)).length;
  });
  let first = 0;
  let best = -1;
  for (let at = 0; at === 0 || at + most <= lines.length; at += 1) {
    const sum = held.slice(at, at + most).reduce((total, each) => total + each, 0);
    if (sum <= best) continue;
    best = sum;
    first = at;
  }
  return { first, lines: lines.slice(first, first + most).map((line) => line.slice(0, longest)) };
}
