import { symbolKinds, type SymbolKind } from '@nootropic/contracts';
import type { Node, QueryMatch } from 'web-tree-sitter';

/** A stretch of the text; `end` is exclusive. Indexes count UTF-16 units, as JavaScript strings do. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A declaration as the query found it, before names are qualified. */
export interface Declaration extends Span {
  readonly id: number;
  readonly kind: SymbolKind | 'scope';
  /** The position of the pattern in the query: of several on one node, the lowest wins. */
  readonly rank: number;
  readonly name: Span;
  readonly owner: Span | undefined;
  readonly body: number | undefined;
  readonly value: Span | undefined;
}

/** All that one query captured in one tree, as plain values: nothing in it keeps the tree alive. */
export interface Captured {
  readonly declarations: Declaration[];
  readonly wrappers: Map<number, Span & { readonly id: number }>;
  readonly comments: Span[];
  readonly decorators: Span[];
  readonly docstrings: Map<number, Span>;
  readonly calls: Span[];
  readonly borders: number[];
}

const kinds: ReadonlySet<string> = new Set<string>([...symbolKinds, 'scope']);

/** Nested this deep at most, a statement counts as a border. */
const borderDepth = 3;

function spanOf(node: Node): Span {
  return { start: node.startIndex, end: node.endIndex };
}

function declarationOf(match: QueryMatch, node: Node, kind: string): Declaration | undefined {
  const parts = new Map<string, Node>();
  for (const { name, node: part } of match.captures) if (!parts.has(name)) parts.set(name, part);
  const name = parts.get('name');
  if (name === undefined) return undefined;
  const owner = parts.get('owner');
  const value = parts.get('value');
  return {
    ...spanOf(node),
    id: node.id,
    kind: kind as Declaration['kind'],
    rank: match.patternIndex,
    name: spanOf(name),
    owner: owner && spanOf(owner),
    body: parts.get('body')?.startIndex,
    value: value && spanOf(value),
  };
}

/** Only a wrapper of one thing lends its range: in `const a = 1, b = 2` neither name is the whole statement. */
function soleWrappers(pairs: readonly (readonly [number, Node])[]): Captured['wrappers'] {
  const uses = new Map<number, number>();
  for (const [, wrapper] of pairs) uses.set(wrapper.id, (uses.get(wrapper.id) ?? 0) + 1);
  return new Map(
    pairs
      .filter(([, wrapper]) => uses.get(wrapper.id) === 1)
      .map(([wrapped, wrapper]) => [wrapped, { id: wrapper.id, ...spanOf(wrapper) }]),
  );
}

function bordersOf(statements: readonly Span[]): number[] {
  const open: number[] = [];
  const borders: number[] = [];
  for (const { start, end } of [...statements].sort((a, b) => a.start - b.start || b.end - a.end)) {
    while (open.length > 0 && (open.at(-1) ?? 0) <= start) open.pop();
    if (open.length < borderDepth) borders.push(start);
    open.push(end);
  }
  return borders;
}

/** Sorts the matches of a query by what their captures mean (see `LanguageSpec`). */
export function collectCaptures(matches: readonly QueryMatch[]): Captured {
  const declarations = new Map<number, Declaration>();
  const wrapping: (readonly [number, Node])[] = [];
  const comments = new Map<number, Span>();
  const decorators: Span[] = [];
  const docstrings = new Map<number, Span>();
  const calls = new Map<number, Span>();
  const statements = new Map<number, Span>();

  for (const match of matches) {
    for (const { name, node } of match.captures) {
      if (kinds.has(name)) {
        const declaration = declarationOf(match, node, name);
        const known = declarations.get(node.id);
        if (declaration && (known === undefined || declaration.rank < known.rank))
          declarations.set(node.id, declaration);
      } else if (name === 'border') statements.set(node.id, spanOf(node));
      else if (name === 'call') calls.set(node.id, spanOf(node));
      else if (name === 'comment') comments.set(node.id, spanOf(node));
      else if (name === 'decorator') decorators.push(spanOf(node));
      else if (name === 'wrapper') {
        const wrapped = match.captures.find((capture) => capture.name === 'wrapped')?.node;
        if (wrapped) wrapping.push([wrapped.id, node]);
      } else if (name === 'documented') {
        const docstring = match.captures.find((capture) => capture.name === 'docstring')?.node;
        if (docstring) docstrings.set(node.id, spanOf(docstring));
      }
    }
  }
  for (const id of comments.keys()) statements.delete(id);
  return {
    declarations: [...declarations.values()],
    wrappers: soleWrappers(wrapping),
    comments: [...comments.values()],
    decorators,
    docstrings,
    calls: [...calls.values()],
    borders: bordersOf([...statements.values()]),
  };
}
