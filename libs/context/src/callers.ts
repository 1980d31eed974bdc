import type { Reference, SearchIndex, SymbolInfo, SymbolKind } from '@nootropic/contracts';
import { pathRole } from './path-role.ts';

/** With more definitions of a name than this, a place that names it may mean any of them. */
const maxNamesakes = 3;

/** What is mentioned more often than it is called. */
const types: ReadonlySet<SymbolKind> = new Set<SymbolKind>(['interface', 'type', 'enum', 'class', 'table']);

/**
 * Places that call a symbol, or for a type mention it, outside its own definition, those in tests last.
 * Where many symbols share the name, only places in the same file are taken: no other could be told apart.
 */
export async function callersOf(index: SearchIndex, definition: SymbolInfo, limit: number): Promise<Reference[]> {
  const name = definition.name.split(/[.#]|::/u).at(-1) ?? '';
  if (name === '' || definition.kind === 'section') return [];
  const [references, namesakes] = await Promise.all([index.references(name), index.symbols(name)]);
  const sameFileOnly = namesakes.filter((symbol) => symbol.kind !== 'section').length > maxNamesakes;
  const seen = new Set<string>();
  const kept = references.filter((reference) => {
    if (!types.has(definition.kind) && (reference.kind ?? 'call') !== 'call') return false;
    const here = reference.path === definition.path;
    if (here && reference.line >= definition.startLine && reference.line <= definition.endLine) return false;
    if (sameFileOnly && !here) return false;
    const place = `${reference.from} ${reference.path}`;
    if (reference.from !== '' && seen.has(place)) return false;
    seen.add(place);
    return true;
  });
  const order = (reference: Reference): number => {
    const role = pathRole(reference.path);
    return role === 'source' ? (reference.from === '' ? 1 : 0) : role === 'tests' ? 3 : 2;
  };
  return kept.toSorted((one, other) => order(one) - order(other)).slice(0, limit);
}
