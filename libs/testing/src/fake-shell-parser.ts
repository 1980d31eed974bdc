import type { ShellCommand, ShellParser } from '@nootropic/contracts';

/** What this parser does not read; a line with any of it is not understood. */
const beyond = /[$`(){}<>\\*?[\]~#!=&|\u0000-\u0008\u000b-\u001f\u007f]/u;

/**
 * A `ShellParser` for plain lines: words, quotes, and commands joined by `|`, `;`, `&&`, `||` and new lines. Whatever else the shell knows makes the
 * line incomplete, so that it errs on the side of asking as the real one does.
 */
export function createPlainShellParser(): ShellParser {
  return {
    async commands(line) {
      const pieces = split(line);
      const commands: ShellCommand[] = [];
      for (const piece of pieces) {
        const words = wordsOf(piece);
        if (words === undefined || (words.length === 0 && pieces.length > 1 && line.trim() !== ''))
          return { complete: false, commands, unclear: [piece.trim()] };
        if (words.length > 0) commands.push({ words, assigns: [], redirects: [], wrappers: [] });
      }
      return { complete: true, commands, unclear: [] };
    },
  };
}

/** At the signs between commands that stand outside of quotes. */
function split(line: string): string[] {
  const pieces = [''];
  for (const [token] of line.matchAll(/'[^']*'|"[^"]*"|&&|\|\||[^]/gu))
    if (['&&', '||', '|', ';', '\n'].includes(token)) pieces.push('');
    else pieces.push(`${pieces.pop() ?? ''}${token}`);
  return pieces;
}

/** `undefined` where the text is more than words and quotes. */
function wordsOf(text: string): string[] | undefined {
  const words: string[] = [];
  const token = /\s+|((?:'[^']*'|"[^"]*"|[^\s'"])+)/uy;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (match === null) return undefined;
    const written = match[1];
    if (written === undefined) continue;
    if (beyond.test(written.replace(/'[^']*'/gu, ''))) return undefined;
    words.push(
      written.replace(/'([^']*)'|"([^"]*)"/gu, (_, single?: string, double?: string) => single ?? double ?? ''),
    );
  }
  return words;
}
