/** What `git show` writes before each commit. Lines of a diff begin with another sign, whatever the files hold. */
const mark = '\u001e';

/**
 * The diffs in what `git show --format=tformat:%x1e%H` writes, each cut at a line to so many characters. Holds one of them at a time, and of a
 * line no more than fits.
 */
export async function* readDiffs(
  output: AsyncIterable<Uint8Array>,
  maxCharacters: number,
): AsyncGenerator<{ readonly commit: string; readonly text: string }> {
  const decoder = new TextDecoder();
  let commit: string | undefined;
  let text = '';
  let line = '';
  let isFull = false;
  const take = (whole: string): { commit: string; text: string } | undefined => {
    if (whole.startsWith(mark)) {
      const ended = commit === undefined ? undefined : { commit, text: text.replace(/^\n+/u, '') };
      commit = whole.slice(1).trim();
      text = '';
      isFull = false;
      return ended;
    }
    if (isFull) return undefined;
    isFull = text.length + whole.length + 1 > maxCharacters;
    text += isFull ? '[cut]\n' : `${whole}\n`;
    return undefined;
  };
  for await (const chunk of output) {
    const pieces = decoder.decode(chunk, { stream: true }).split('\n');
    for (const [at, piece] of pieces.entries()) {
      if (line.length <= maxCharacters) line += piece;
      if (at === pieces.length - 1) break;
      const ended = take(line);
      line = '';
      if (ended !== undefined) yield ended;
    }
  }
  if (line !== '') take(line);
  if (commit !== undefined) yield { commit, text: text.replace(/^\n+/u, '') };
}
