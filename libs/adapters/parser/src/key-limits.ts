/** Keys nested deeper than this are no symbols of a data file. */
export const deepestKey = 4;

/** Symbols of one data file at most; where there are more, the deepest level is left out, again and again. */
export const mostKeys = 1_000;

/**
 * The result of `make` for the greatest depth, `depth` at most, that has no more symbols than `most`; where even the first
 * level has more, the first of them.
 */
export function withinLimits<Found extends { readonly symbols: readonly unknown[] }>(
  { depth, most }: { readonly depth: number; readonly most: number },
  make: (depth: number) => Found,
): Found {
  for (let level = depth; level > 1; level -= 1) {
    const found = make(level);
    if (found.symbols.length <= most) return found;
  }
  const shallow = make(1);
  return { ...shallow, symbols: shallow.symbols.slice(0, most) };
}
