import { symbolKinds, type ReferenceKind, type SymbolKind } from '@nootropic/contracts';
import type { Node, QueryMatch } from 'web-tree-sitter';

/** A stretch of the text; `end` is exclusive. Indexes count UTF-16 units, as JavaScript strings do. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** By their start; of two that start together the longer first. */
export function byPlace(a: Span, b: Span): number {
  return a.start - b.start || b.end - a.end;
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

/** A place that names a symbol. */
export interface Mention extends Span {
  readonly kind: ReferenceKind;
}

/** One name that is taken from a module, or the module itself. */
export interface Taken extends Span {
  /** Undefined where only the groups around it name the module. */
  readonly module: Span | undefined;
  readonly name: Span | 'default' | undefined;
  readonly alias: Span | undefined;
  /** The module as a whole is taken too. */
  readonly whole: boolean;
  /** The last part of `module` is the name that is taken. */
  readonly split: boolean;
  /** The module is a path from the folder of this file. */
  readonly relative: boolean;
}

/** What the modules inside a node begin with. */
export interface ModuleGroup extends Span {
  readonly prefix: Span;
}

/** All that one query captured in one tree, as plain values: nothing in it keeps the tree alive. */
export interface Captured {
  readonly declarations: Declaration[];
  readonly wrappers: Map<number, Span & { readonly id: number }>;
  readonly comments: Span[];
  readonly decorators: Span[];
  readonly docstrings: Map<number, Span>;
  readonly mentions: Mention[];
  /** Names that mean nothing outside their declaration, such as type parameters. */
  readonly bound: Span[];
  readonly taken: Taken[];
  readonly groups: ModuleGroup[];
  /** Stretches that hold no symbols of their own. */
  readonly sealed: Span[];
  readonly borders: number[];
}

const kinds: ReadonlySet<string> = new Set<string>([...symbolKinds, 'scope']);

/** Nested this deep at most, a statement counts as a border. */
const borderDepth = 3;

function spanOf(node: Node): Span {
  return { start: node.startIndex, end: node.endIndex };
}

function partsOf(match: QueryMatch): Map<string, Node> {
  const parts = new Map<string, Node>();
  for (const { name, node } of match.captures) if (!parts.has(name)) parts.set(name, node);
  return parts;
}

/** From the first to the last node of a capture: a path may be written as nodes side by side. */
function allOf(match: QueryMatch, capture: string): Span | undefined {
  const nodes = match.captures.filter(({ name }) => name === capture).map(({ node }) => node);
  const [first, last] = [nodes[0], nodes.at(-1)];
  return first && last && { start: first.startIndex, end: last.endIndex };
}

function takenOf(match: QueryMatch, node: Node): Taken {
  const parts = partsOf(match);
  const [module, name, bare] = [allOf(match, 'from'), parts.get('imported'), parts.get('default')];
  const alias = bare ?? parts.get('alias');
  return {
    ...spanOf(node),
    module,
    name: bare ? 'default' : name && spanOf(name),
    alias: alias && spanOf(alias),
    whole: parts.has('whole'),
    split: parts.has('split'),
    relative: parts.has('relative'),
  };
}

function declarationOf(match: QueryMatch, node: Node, kind: string): Declaration | undefined {
  const parts = partsOf(match);
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

/** Of several kinds on one node the strongest holds: a base class is also a type that is named. */
const strength: Readonly<Record<ReferenceKind, number>> = { use: 0, call: 1, inherit: 2 };

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
  for (const { start, end } of [...statements].sort(byPlace)) {
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
  const mentions = new Map<number, Mention>();
  const bound: Span[] = [];
  const taken: Taken[] = [];
  const groups: ModuleGroup[] = [];
  const sealed: Span[] = [];
  const statements = new Map<number, Span>();

  for (const match of matches) {
    for (const { name, node } of match.captures) {
      if (kinds.has(name)) {
        const declaration = declarationOf(match, node, name);
        const known = declarations.get(node.id);
        if (declaration && (known === undefined || declaration.rank < known.rank))
          declarations.set(node.id, declaration);
      } else if (name === 'border') statements.set(node.id, spanOf(node));
      else if (name === 'call' || name === 'use' || name === 'inherit') {
        const known = mentions.get(node.id);
        if (known === undefined || strength[known.kind] < strength[name])
          mentions.set(node.id, { ...spanOf(node), kind: name });
      } else if (name === 'import') taken.push(takenOf(match, node));
      else if (name === 'group') {
        const prefix = allOf(match, 'prefix');
        if (prefix) groups.push({ ...spanOf(node), prefix });
      } else if (name === 'bound') bound.push(spanOf(node));
      else if (name === 'sealed') sealed.push(spanOf(node));
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
    mentions: [...mentions.values()],
    bound,
    taken,
    groups,
    sealed,
    borders: bordersOf([...statements.values()]),
  };
}
