type Step = { readonly text: string } | 'part' | 'any' | 'one';

function stepsOf(pattern: string): Step[] {
  return (pattern.match(/\*\*\/?|\*|\?|[^*?]+/gu) ?? []).map((piece) =>
    piece.startsWith('**') ? 'any' : piece === '*' ? 'part' : piece === '?' ? 'one' : { text: piece },
  );
}

/**
 * Where a pattern that starts at one of these places of the path can end. Every place is kept once, so that the work grows with the length
 * of the pattern times that of the path and no pattern is slow.
 */
function endsOf(steps: readonly Step[], path: string, starts: ReadonlySet<number>): ReadonlySet<number> {
  let places = starts;
  for (const step of steps) {
    const next = new Set<number>();
    for (const place of places) {
      if (typeof step === 'object') {
        if (path.startsWith(step.text, place)) next.add(place + step.text.length);
      } else if (step === 'one') {
        if (place < path.length && path[place] !== '/') next.add(place + 1);
      } else {
        for (let at = place; at <= path.length && !next.has(at); at += 1) {
          next.add(at);
          if (step === 'part' && path[at] === '/') break;
        }
      }
    }
    places = next;
  }
  return places;
}

/** True for a text that stands for several paths. */
export function isPathPattern(text: string): boolean {
  return /[*?]/u.test(text);
}

/**
 * Gives a function that tells whether a path meets a pattern, whatever the case of its letters. The pattern may start at any part of the
 * path. With `*` (anything but `/`), `**` (anything) or `?` (one sign) it must reach to the end of the path or of a folder on it;
 * without them it is a beginning: `src/ca` meets `libs/src/cart.ts`.
 */
export function createPathTest(pattern: string): (path: string) => boolean {
  const wanted = pattern
    .replaceAll('\\', '/')
    .replace(/^(?:\.?\/)+/u, '')
    .toLowerCase()
    .slice(0, 400);
  if (wanted === '') return () => true;
  const startsOf = (path: string): Set<number> => {
    const starts = new Set([0]);
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) starts.add(at + 1);
    return starts;
  };
  if (!isPathPattern(wanted)) {
    return (given) => {
      const path = given.toLowerCase();
      return path.startsWith(wanted) || path.includes(`/${wanted}`);
    };
  }
  const steps = stepsOf(wanted);
  return (given) => {
    const path = given.toLowerCase();
    for (const end of endsOf(steps, path, startsOf(path)))
      if (end === path.length || path[end] === '/' || (end > 0 && path[end - 1] === '/')) return true;
    return false;
  };
}
