import type { SymbolKind } from '@nootropic/contracts';
import { findModule, type ModuleSources, type ModuleTarget } from './graph-modules.ts';
import { baseOf } from './graph-paths.ts';
import { handleOf, type GraphTables } from './graph-store.ts';

/** What an import binds a name to. */
export interface Binding {
  /** Empty: outside the workspace. */
  readonly files: readonly number[];
  /** What it is called there; `undefined` for a module as a whole. */
  readonly name: number | undefined;
  /** Where the name there is not found: what else the file may mean by it. */
  readonly fallback?: (file: number) => readonly number[];
}

/** What the imports of one file say. */
export interface FileScope {
  readonly bound: ReadonlyMap<number, Binding>;
  /** Files all of whose outer names can be used here. */
  readonly open: ReadonlySet<number>;
  /** Files that an import leads to. */
  readonly reachable: ReadonlySet<number>;
}

export interface FileScopes {
  scope(file: number): FileScope;
  /** Symbols that a file offers under a name, through what it passes on of others too. */
  exported(file: number, name: number): readonly number[];
}

/** Files that pass a name on, one after the other. */
const longestPass = 6;
/** More than any table of names holds; a file and a name make one number. */
const mostNames = 2 ** 31;
/** Headers that come with a header. */
const mostHeaders = 200;

const separators: Readonly<Record<string, string>> = { python: '.', jvm: '.', php: '\\', rust: '::', csharp: '.' };

/** Reads the imports of files when they are first asked for, and remembers. */
export function createFileScopes(tables: GraphTables, sources: ModuleSources): FileScopes {
  const scopes = new Map<number, FileScope>();
  const targets = new Map<string, ModuleTarget>();

  const target = (file: number, module: string): ModuleTarget => {
    const { path = '', family = '' } = tables.file(file) ?? {};
    const key = `${String(file)} ${module}`;
    let found = targets.get(key);
    if (found === undefined) targets.set(key, (found = findModule({ path, family, module }, sources)));
    return found;
  };

  const scope = (file: number): FileScope => {
    const known = scopes.get(file);
    if (known !== undefined) return known;
    const made = readImports(tables, file, target);
    scopes.set(file, made);
    if (tables.file(file)?.family === 'c') openHeaders(made.open as Set<number>, file, scope);
    return made;
  };

  const passed = new Map<number, readonly number[]>();
  const exported = (file: number, name: number): readonly number[] => {
    const key = file * mostNames + name;
    const known = passed.get(key);
    if (known !== undefined) return known;
    const seen = new Set<number>();
    const look = (at: number, wanted: number, depth: number): readonly number[] => {
      const own = [...tables.definitionsIn(wanted, at)].filter((handle) => isOuter(tables, handle));
      if (own.length > 0 || depth >= longestPass || seen.has(at)) return own;
      seen.add(at);
      const passing = scope(at);
      const bound = passing.bound.get(wanted);
      if (bound?.name !== undefined) {
        const { name: next } = bound;
        const found = bound.files.flatMap((each) => look(each, next, depth + 1));
        if (found.length > 0) return found;
        const other = bound.files.flatMap((each) => bound.fallback?.(each) ?? []);
        if (other.length > 0) return other;
      }
      for (const each of passing.open) {
        const found = look(each, wanted, depth + 1);
        if (found.length > 0) return found;
      }
      return [];
    };
    const found = look(file, name, 0);
    passed.set(key, found);
    return found;
  };
  return { scope, exported };
}

function readImports(
  tables: GraphTables,
  file: number,
  target: (file: number, module: string) => ModuleTarget,
): FileScope {
  const bound = new Map<number, Binding>();
  const open = new Set<number>();
  const reachable = new Set<number>();
  const { names } = tables;
  const family = tables.file(file)?.family ?? '';
  const separator = separators[family];
  const bind = (as: number, binding: Binding): void => {
    for (const each of binding.files) reachable.add(each);
    const before = bound.get(as);
    // A name that is imported twice, as a type and as a value, or under conditions, may mean either.
    bound.set(
      as,
      before === undefined || before.files.length === 0
        ? binding
        : { ...before, files: [...new Set([...before.files, ...binding.files])] },
    );
  };
  const openAll = ({ files, symbol }: ModuleTarget): void => {
    if (symbol !== undefined) bind(names.id(symbol), { files, name: names.id(symbol) });
    else
      for (const each of files) {
        open.add(each);
        reachable.add(each);
      }
  };
  for (const { module, names: taken } of tables.file(file)?.imports ?? []) {
    if (taken.length === 0) {
      openAll(target(file, module));
      continue;
    }
    for (const { name, as } of taken) {
      const written = names.name(name);
      if (written === '*') {
        openAll(target(file, module));
        continue;
      }
      const joined =
        separator === undefined
          ? undefined
          : target(file, `${module.endsWith(separator) ? module : module + separator}${written}`);
      if (joined !== undefined && joined.files.length > 0) {
        if (joined.symbol !== undefined) bind(as, { files: joined.files, name: names.id(joined.symbol) });
        else if (family === 'jvm' || family === 'php') bind(as, { files: joined.files, name });
        else {
          bind(as, { files: joined.files, name: undefined });
          openAll(joined);
        }
        continue;
      }
      const { files, symbol } = target(file, module);
      // `use crate::store::Log as L` may come as the path of a symbol with a name in it.
      const wanted = symbol === undefined || files.length === 0 ? name : names.id(written);
      bind(as, {
        files,
        name: wanted,
        ...(written === 'default' && { fallback: (each: number) => defaultOf(tables, each, as) }),
      });
    }
  }
  open.delete(file);
  return { bound, open, reachable };
}

/** Headers that a header includes are seen too. */
function openHeaders(open: Set<number>, file: number, scope: (file: number) => FileScope): void {
  const waiting = [...open];
  for (let next = waiting.pop(); next !== undefined && open.size < mostHeaders; next = waiting.pop()) {
    for (const each of scope(next).open) {
      if (open.has(each) || each === file) continue;
      open.add(each);
      waiting.push(each);
    }
  }
}

const exportable: ReadonlySet<SymbolKind> = new Set<SymbolKind>(['function', 'class', 'constant', 'variable']);

/** What a default export may be: the symbol of that name, the one the file is named after, or the only one there is. */
function defaultOf(tables: GraphTables, file: number, as: number): readonly number[] {
  const { names } = tables;
  const outer = Array.from({ length: tables.symbolsOf(file) }, (_, at) => handleOf(file, at)).filter((handle) =>
    isOuter(tables, handle),
  );
  const named = (wanted: (name: string) => boolean): number[] =>
    outer.filter((handle) => wanted(names.name(tables.symbol(handle)?.last ?? -1)));
  const same = named((name) => name === names.name(as));
  if (same.length > 0) return same;
  const plain = (name: string): string => name.replace(/[^\p{L}\p{N}]/gu, '').toLowerCase();
  const stem = plain(baseOf(tables.file(file)?.path ?? '').replace(/\.\w+$/u, ''));
  const ofFile = named((name) => plain(name) === stem);
  if (ofFile.length > 0) return ofFile;
  const kept = outer.filter((handle) => exportable.has(tables.symbol(handle)?.kind ?? 'field'));
  return kept.length === 1 ? kept : [];
}

/** Not inside a function, and not a member of a class. */
function isOuter(tables: GraphTables, handle: number): boolean {
  const symbol = tables.symbol(handle);
  if (symbol === undefined || symbol.kind === 'method' || symbol.kind === 'field') return false;
  if (symbol.holder < 0) return true;
  const kind = tables.symbol(handleOf(symbol.file, symbol.holder))?.kind;
  return kind !== 'function' && kind !== 'method';
}
