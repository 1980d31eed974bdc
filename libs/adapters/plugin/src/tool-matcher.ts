import { NootropicError } from '@nootropic/contracts';

/** One alternative: letters, digits, `_`, `-`, `:` and `.*` for anything. */
const alternative = /^(?:[\w:-]|\.\*)+$/u;

/** Whether the pieces occur one after the other; the first at the start, the last at the end. Takes linear time for a piece. */
function matchesPieces(pieces: readonly string[], name: string): boolean {
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (pieces.length === 1) return name === first;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  const end = name.length - last.length;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return at <= end;
}

/**
 * Compiles the matcher of a hook: names of tools joined by `|`, with `.*` for anything, which must fit the whole name: `edit|write`, `mcp_.*`.
 * Of regular expressions no more is taken, so that none can take exponential time.
 *
 * @throws `INPUT_INVALID` for anything else.
 */
export function compileToolMatcher(matcher: string): (tool: string) => boolean {
  const bare = /^\^?\(?([^()^$]*)\)?\$?$/u.exec(matcher)?.[1] ?? '';
  const alternatives = bare === '*' ? ['.*'] : bare.split('|');
  if (matcher.length > 1_000 || alternatives.some((one) => !alternative.test(one)))
    throw new NootropicError('INPUT_INVALID', 'matcher is not of names of tools joined by |, with .* for anything');
  const compiled = alternatives.map((one) => one.split('.*'));
  return (tool) => compiled.some((pieces) => matchesPieces(pieces, tool));
}
