/** 1-based lines at which a paragraph starts: the first line with text, and each line with text after a blank one. */
export function blankLineBorders(text: string): number[] {
  const borders: number[] = [];
  let blank = true;
  let line = 1;
  let start = 0;
  while (start <= text.length) {
    const found = text.indexOf('\n', start);
    const end = found === -1 ? text.length : found;
    const empty = text.slice(start, end).trim() === '';
    if (!empty && blank) borders.push(line);
    blank = empty;
    line += 1;
    start = end + 1;
  }
  return borders;
}
