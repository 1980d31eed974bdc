import { isSameFamily, splitWords, stem } from './words.ts';

const snippetLines = 6;

/** The six lines in a row that hold most of the question's words; of equals the first. Blank lines at both ends are left out. */
export function snippetOf(text: string, stems: readonly string[]): string {
  const lines = text.split('\n');
  const found = lines.map((line) => {
    const present = splitWords(line).map(stem);
    return stems.filter((wanted) => present.some((word) => isSameFamily(word, wanted)));
  });
  let best = 0;
  let bestScore = -1;
  for (let start = 0; start === 0 || start + snippetLines <= lines.length; start += 1) {
    const window = found.slice(start, start + snippetLines);
    const score = new Set(window.flat()).size + window.filter((words) => words.length > 0).length / (snippetLines * 2);
    if (score <= bestScore) continue;
    best = start;
    bestScore = score;
  }
  return trimBlankLines(lines.slice(best, best + snippetLines)).join('\n');
}

function trimBlankLines(lines: readonly string[]): readonly string[] {
  const from = lines.findIndex((line) => line.trim() !== '');
  return from < 0 ? [] : lines.slice(from, lines.findLastIndex((line) => line.trim() !== '') + 1);
}
