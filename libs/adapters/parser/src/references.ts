import type { Reference, SymbolKind } from '@nootropic/contracts';
import { byPlace, type Captured, type Span } from './captured.ts';
import type { LineTable } from './line-table.ts';

/** A declaration with its qualified name. */
export interface Placed extends Span {
  readonly kind: SymbolKind | 'scope';
  readonly qualified: string;
}

/** Of a longer callee only the end is looked at, in UTF-16 units. */
const nameLimit = 1_000;

/** The last identifier of a callee, without type arguments: `b` of `a::b<T>`. */
function lastName(text: string): string {
  return /([\p{L}\p{N}_$#?!]+)\s*(?:<[^()]*>)?$/u.exec(text.trim())?.[1] ?? '';
}

/**
 * The places that name a symbol, each with the symbol that holds it. A type that is used several times by one symbol is
 * given once, at the first place; names of declarations and of type parameters are no uses.
 */
export function referencesOf(
  path: string,
  text: string,
  { captured, placed, lines }: { captured: Captured; placed: readonly Placed[]; lines: LineTable },
): Reference[] {
  const declared = new Set(
    captured.declarations.flatMap(({ name, owner }) => [name.start, owner?.start ?? name.start]),
  );
  const bound = new Set(captured.bound.map(({ start, end }) => text.slice(start, end)));
  const used = new Set<string>();
  const references: Reference[] = [];
  const open: Placed[] = [];
  let next = 0;
  for (const { start, end, kind } of [...captured.mentions].sort(byPlace)) {
    for (let place = placed[next]; place && place.start <= start; place = placed[next]) {
      while (open.length > 0 && (open.at(-1)?.end ?? 0) <= place.start) open.pop();
      open.push(place);
      next += 1;
    }
    while (open.length > 0 && (open.at(-1)?.end ?? 0) <= start) open.pop();
    const name = lastName(text.slice(Math.max(start, end - nameLimit), end));
    if (name === '') continue;
    // What derives may be written without being a symbol: `impl Area for Point`.
    const holder = open.findLast((place) => place.end > start && (place.kind !== 'scope' || kind === 'inherit'));
    const from = holder?.qualified ?? '';
    const line = lines.lineOf(start);
    if (kind === 'use') {
      const key = `${from}\n${name}`;
      if (declared.has(start) || bound.has(name) || used.has(key)) continue;
      used.add(key);
    }
    references.push(kind === 'call' ? { path, line, name, from } : { path, line, name, from, kind });
  }
  return references;
}
