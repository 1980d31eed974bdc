import type { EdgeStrength, SymbolKind } from '@nootropic/contracts';
import type { GraphFile } from './graph-file.ts';
import { isCopy } from './path-copy.ts';
import { createFileScopes, type Binding, type FileScope } from './graph-scope.ts';
import type { ModuleSources } from './graph-modules.ts';
import { fileOf, handleOf, type GraphMention, type GraphSymbol, type GraphTables } from './graph-store.ts';

export interface Resolution {
  /** Handles of the symbols that a mention may mean; empty where it leads out of the workspace or is not known. */
  readonly targets: readonly number[];
  readonly strength: EdgeStrength;
}

export interface Resolver {
  resolve(mention: GraphMention): Resolution;
  /** The symbols that an import of a file binds a name to. */
  imported(file: number, as: number): readonly number[];
  scope(file: number): FileScope;
}

/** With more symbols of a name than this, a name alone says nothing. */
const mostNamesakes = 8;
/** Symbols that one mention is taken to mean when an import leads there. */
const mostTargets = 8;

/** In these languages the name of a member of the class around needs no `this` before it. */
const memberNamesAreFree = new Set(['jvm', 'csharp', 'c', 'ruby', 'swift', 'kotlin', 'dart']);
/** In these, a module may offer what it takes from another. */
const passesOn = new Set(['ecmascript', 'python', 'rust']);
/** More modules than this are not asked for what they pass on. */
const mostOpen = 50;
/** In these, files of one folder see each other's names without an import. */
const folderIsPackage = new Set(['go', 'jvm', 'csharp', 'swift']);

const types: ReadonlySet<SymbolKind> = new Set<SymbolKind>(['class', 'interface', 'type', 'enum', 'module', 'table']);
const callable: ReadonlySet<SymbolKind> = new Set<SymbolKind>([
  'function',
  'method',
  'class',
  'macro',
  'constant',
  'variable',
  'field',
]);

/** Names of what every value of the language has; a mention of one seldom means a symbol of the workspace. */
const builtIn: Readonly<Record<string, ReadonlySet<string>>> = {
  ecmascript: new Set(
    (
      'add apply at bind call catch charAt charCodeAt clear concat constructor delete entries endsWith every exec fill filter finally find findIndex flat flatMap ' +
      'forEach from get has hasOwnProperty includes indexOf isArray join keys lastIndexOf log map match max min next now of on once pop push ' +
      'reduce reject repeat replace replaceAll resolve return reverse set shift slice some sort splice split startsWith substr stringify substring test then ' +
      'throw toFixed toLowerCase toString toUpperCase trim unshift valueOf values'
    ).split(' '),
  ),
  python: new Set(
    (
      'add append clear close copy count decode encode endswith extend format get index insert isinstance items join keys len list lower open ' +
      'pop print range read remove replace reverse set setdefault sort split startswith str strip super update upper values write'
    ).split(' '),
  ),
  rust: new Set(
    (
      'as_bytes as_mut as_ref as_slice as_str borrow bytes chain chars clone cloned collect contains contains_key context Debug default Default Display ' +
      'display drop entry enumerate Error expect extend filter filter_map find first fmt Formatter from get get_mut insert into into_iter is_empty ' +
      'is_err is_none is_ok is_some iter iter_mut join keys last len lines lock map map_err new next ok ok_or parse path pop push push_str read remove ' +
      'replace Serialize Serializer sort split starts_with take to_owned to_path_buf to_str to_string trim unwrap unwrap_or unwrap_or_else values ' +
      'with_capacity with_context write'
    ).split(' '),
  ),
  go: new Set('append Close Error len make new panic Println Printf String'.split(' ')),
  jvm: new Set(
    'add append equals forEach get hashCode isEmpty map of println put remove size stream toString'.split(' '),
  ),
};

const nothing: Resolution = { targets: [], strength: 'resolved' };

/**
 * Tells what a mention means. In this order: a symbol of the same file whose scope encloses the place; what an import binds the name to;
 * what an import opens, or the package gives; a member of a class that is imported or of the same file; and by name alone where few bear it.
 * What an import takes from outside the workspace means nothing here.
 */
export function createResolver(tables: GraphTables, sources: ModuleSources): Resolver {
  const scopes = createFileScopes(tables, sources);
  const known = new Map<number, Map<number, Resolution>>();
  return {
    scope: (file) => scopes.scope(file),
    imported(file, as) {
      const bound = scopes.scope(file).bound.get(as);
      return bound === undefined ? [] : boundTo(bound, scopes.exported).slice(0, mostTargets);
    },
    resolve(mention) {
      const file = tables.file(mention.file);
      if (file === undefined) return nothing;
      const scope = scopes.scope(mention.file);
      const own = enclosing(tables, file, mention);
      const free =
        own !== undefined && (!own.isMember || memberNamesAreFree.has(file.family) || !scope.bound.has(mention.last));
      if (own !== undefined && free) return { targets: own.handles, strength: 'resolved' };
      let ofFile = known.get(mention.file);
      if (ofFile === undefined) known.set(mention.file, (ofFile = new Map<number, Resolution>()));
      const key = mention.last * 4 + (mention.kind === 'inherit' ? 1 : mention.kind === 'use' ? 2 : 0);
      let answer = ofFile.get(key);
      if (answer === undefined) {
        answer = elsewhere(tables, { file, scope, mention, exported: scopes.exported });
        ofFile.set(key, answer);
      }
      return answer;
    },
  };
}

function isMemberKind(kind: SymbolKind): boolean {
  return kind === 'method' || kind === 'field';
}

/** Symbols of the same file that the place sees, the innermost scope first. */
function enclosing(
  tables: GraphTables,
  file: GraphFile,
  mention: GraphMention,
): { readonly handles: number[]; readonly isMember: boolean } | undefined {
  const own = tables.definitionsIn(mention.last, mention.file);
  if (own.length === 0) return undefined;
  const around: number[] = [];
  const owners = new Set<number>();
  for (let at = mention.from; at >= 0 && around.length < 64;) {
    const symbol = tables.symbol(handleOf(mention.file, at));
    if (symbol === undefined) break;
    around.push(at);
    if (symbol.owner >= 0) owners.add(symbol.owner);
    at = symbol.holder;
  }
  let best = { depth: Infinity, handles: [] as number[], isMember: false };
  for (const handle of own) {
    const symbol = tables.symbol(handle);
    if (symbol === undefined || !fits(symbol.kind, mention.kind)) continue;
    const depth = depthOf(tables, { symbol, around, owners });
    if (depth > best.depth || depth === Infinity) continue;
    if (depth < best.depth) best = { depth, handles: [], isMember: isMemberKind(symbol.kind) };
    best.handles.push(handle);
  }
  return best.handles.length === 0 ? undefined : best;
}

/** How many scopes out a symbol is visible from the place; infinite where it is not. */
function depthOf(
  tables: GraphTables,
  {
    symbol,
    around,
    owners,
  }: { readonly symbol: GraphSymbol; readonly around: readonly number[]; readonly owners: ReadonlySet<number> },
): number {
  if (symbol.holder >= 0) {
    const at = around.indexOf(symbol.holder);
    if (at >= 0) return at;
    const holder = tables.symbol(handleOf(symbol.file, symbol.holder));
    return holder?.kind === 'module' && !isMemberKind(symbol.kind) ? around.length : Infinity;
  }
  if (!isMemberKind(symbol.kind)) return around.length;
  return symbol.owner >= 0 && owners.has(symbol.owner) ? 0 : Infinity;
}

function fits(kind: SymbolKind, mentioned: GraphMention['kind']): boolean {
  if (mentioned === 'inherit') return types.has(kind);
  return true;
}

interface Elsewhere {
  readonly file: GraphFile;
  readonly scope: FileScope;
  readonly mention: GraphMention;
  readonly exported: (file: number, name: number) => readonly number[];
}

function elsewhere(tables: GraphTables, { file, scope, mention, exported }: Elsewhere): Resolution {
  const bound = scope.bound.get(mention.last);
  if (bound !== undefined) {
    const targets = boundTo(bound, exported);
    if (targets.length > 0 || bound.files.length === 0) {
      return { targets: best(tables, targets, mention), strength: 'resolved' };
    }
    // The name is known to come from there, only not as what.
    if (bound.name !== undefined) return nothing;
  }
  const definitions = tables.definitions(mention.last);
  const open: number[] = [];
  const members: number[] = [];
  const others: number[] = [];
  for (const handle of definitions) {
    const symbol = tables.symbol(handle);
    const target = symbol && tables.file(symbol.file);
    if (symbol === undefined || target?.family !== file.family || !fits(symbol.kind, mention.kind)) continue;
    const isMember = isMemberKind(symbol.kind);
    const sees =
      scope.open.has(symbol.file) || (folderIsPackage.has(file.family) && sameFolder(target.path, file.path));
    if (!isMember && sees && isVisible(tables, symbol)) open.push(handle);
    else if (
      isMember &&
      mention.kind !== 'inherit' &&
      (symbol.file === mention.file || sees || ownerIsBound(scope, symbol))
    ) {
      members.push(handle);
    } else if ((isMember || isVisible(tables, symbol)) && isWeakTarget({ symbol, target, file, mention })) {
      others.push(handle);
    }
  }
  if (open.length === 0 && definitions.length > 0 && passesOn.has(file.family) && scope.open.size <= mostOpen) {
    for (const each of scope.open) open.push(...exported(each, mention.last));
  }
  if (open.length > 0) return { targets: best(tables, open, mention), strength: 'resolved' };
  const name = tables.names.name(mention.last);
  if (members.length > 0 && members.length <= mostTargets) {
    return { targets: members, strength: builtIn[file.family]?.has(name) === true ? 'name' : 'resolved' };
  }
  const named = withoutCopies(tables, [...members, ...others]);
  if (named.length > mostNamesakes || builtIn[file.family]?.has(name) === true) return nothing;
  return { targets: named, strength: 'name' };
}

/** Where a source has the name, what is compiled from it and what only declares it is left out. */
function withoutCopies(tables: GraphTables, handles: readonly number[]): readonly number[] {
  const sources = handles.filter((handle) => !isCopy(tables.file(fileOf(handle))?.role));
  return sources.length > 0 ? sources : handles;
}

/** What a name of an import stands for: what the file offers under that name, else what it may offer. */
function boundTo(bound: Binding, exported: Elsewhere['exported']): number[] {
  const { name, files, fallback } = bound;
  const targets = name === undefined ? [] : files.flatMap((each) => exported(each, name));
  return targets.length > 0 || fallback === undefined ? targets : files.flatMap((each) => fallback(each));
}

function ownerIsBound(scope: FileScope, symbol: GraphSymbol): boolean {
  if (symbol.owner < 0) return false;
  const binding = scope.bound.get(symbol.owner);
  return binding !== undefined && (binding.files.includes(symbol.file) || scope.reachable.has(symbol.file));
}

/** A symbol inside a function is seen by nobody outside. */
function isVisible(tables: GraphTables, symbol: GraphSymbol): boolean {
  if (symbol.holder < 0) return true;
  const kind = tables.symbol(handleOf(symbol.file, symbol.holder))?.kind;
  return kind !== 'function' && kind !== 'method';
}

function isWeakTarget(given: {
  readonly symbol: GraphSymbol;
  readonly target: GraphFile;
  readonly file: GraphFile;
  readonly mention: GraphMention;
}): boolean {
  const { symbol, target, file, mention } = given;
  if (target.role === 'tests' && file.role !== 'tests') return false;
  return mention.kind === 'call' ? callable.has(symbol.kind) : types.has(symbol.kind);
}

function sameFolder(one: string, other: string): boolean {
  const [a, b] = [one.lastIndexOf('/'), other.lastIndexOf('/')];
  return a === b && one.slice(0, a + 1) === other.slice(0, b + 1);
}

/** Of what an import leads to: for a call what can be called, source before declarations of it, not too many. */
function best(tables: GraphTables, handles: readonly number[], mention: GraphMention): number[] {
  const unique = [...new Set(handles)];
  if (unique.length < 2) return unique;
  const fitting = unique.filter((handle) => {
    const kind = tables.symbol(handle)?.kind;
    return kind !== undefined && (mention.kind !== 'call' || callable.has(kind));
  });
  return (fitting.length > 0 ? fitting : unique).slice(0, mostTargets);
}
