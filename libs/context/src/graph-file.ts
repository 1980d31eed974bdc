import { symbolKinds, type FileFacts, type ReferenceKind, type SymbolKind } from '@nootropic/contracts';
import { lastPart, qualifierOf, type NameTable } from './graph-names.ts';
import { pathRole, type PathRole } from './path-role.ts';

/** Numbers of one symbol in `GraphFile.symbols`: name, last part, kind, first line, last line, the symbol that holds it (-1: none), last part of the owner's name (-1: none). */
export const symbolFields = 7;
/** Numbers of one mention in `GraphFile.mentions`: name as written, symbol that holds it (-1: none), kind, first line, how often. */
export const mentionFields = 5;

export const mentionKinds = ['call', 'use', 'inherit'] as const satisfies readonly ReferenceKind[];

export interface FileImport {
  readonly module: string;
  readonly line: number;
  /** Numbers of names: as the module calls it, and as it is called here. */
  readonly names: readonly { readonly name: number; readonly as: number }[];
}

/** The part of one file in the graph, in as few objects as can be: a code base has ten thousand of them. */
export interface GraphFile {
  readonly path: string;
  readonly language: string;
  /** Languages of one family may name each other's symbols. */
  readonly family: string;
  readonly role: PathRole;
  /** Changes when the file does. */
  readonly version: string;
  readonly symbols: Int32Array;
  readonly mentions: Int32Array;
  readonly imports: readonly FileImport[];
}

/** Symbols of these kinds are places in documents and data, not what code names. */
const outside: ReadonlySet<SymbolKind> = new Set<SymbolKind>(['section', 'key', 'cell', 'rule']);

const families: Readonly<Record<string, string>> = {
  typescript: 'ecmascript',
  tsx: 'ecmascript',
  javascript: 'ecmascript',
  jsx: 'ecmascript',
  vue: 'ecmascript',
  svelte: 'ecmascript',
  html: 'ecmascript',
  c: 'c',
  cpp: 'c',
  java: 'jvm',
  kotlin: 'jvm',
  scala: 'jvm',
  bash: 'shell',
  shell: 'shell',
};

export function familyOf(language: string): string {
  return Object.hasOwn(families, language) ? (families[language] ?? language) : language;
}

/** Reads what the parser found in a file into numbers. Mentions of one name by one symbol in one way are counted, not repeated. */
export function createGraphFile(facts: FileFacts, version: string, names: NameTable): GraphFile {
  const kept = facts.symbols.filter((symbol) => !outside.has(symbol.kind));
  const byName = new Map<string, number[]>();
  for (const [at, { name }] of kept.entries()) {
    const same = byName.get(name);
    if (same === undefined) byName.set(name, [at]);
    else same.push(at);
  }
  const symbols = new Int32Array(kept.length * symbolFields);
  for (const [at, symbol] of kept.entries()) {
    const { name, kind, startLine, endLine } = symbol;
    const qualifier = qualifierOf(name);
    const id = names.id(name);
    const holder = holding(byName.get(qualifier), kept, startLine);
    symbols.set(
      [
        id,
        names.last(id),
        symbolKinds.indexOf(kind),
        startLine,
        endLine,
        holder === at ? -1 : holder,
        qualifier === '' ? -1 : names.id(lastPart(qualifier)),
      ],
      at * symbolFields,
    );
  }
  return {
    path: facts.path,
    language: facts.language,
    family: familyOf(facts.language),
    role: pathRole(facts.path),
    version,
    symbols,
    mentions: mentionsOf(facts, { kept, byName, names }),
    imports: facts.imports.map(({ module, line, names: taken }) => ({
      module,
      line,
      names: taken.map(({ name, as }) => ({ name: names.id(name), as: names.id(as) })),
    })),
  };
}

interface Lines {
  readonly startLine: number;
  readonly endLine: number;
}

/** Of symbols that bear one name, the one that holds the line; else the first; -1 where there is none. */
function holding(places: readonly number[] | undefined, symbols: readonly Lines[], line: number): number {
  if (places === undefined) return -1;
  return (
    places.find((at) => {
      const symbol = symbols[at];
      return symbol !== undefined && symbol.startLine <= line && line <= symbol.endLine;
    }) ??
    places[0] ??
    -1
  );
}

function mentionsOf(
  facts: FileFacts,
  {
    kept,
    byName,
    names,
  }: { readonly kept: readonly Lines[]; readonly byName: ReadonlyMap<string, number[]>; readonly names: NameTable },
): Int32Array {
  const places = new Map<string, number>();
  const numbers: number[] = [];
  for (const { name, line, from, kind = 'call' } of facts.references) {
    if (name === '') continue;
    const holder = from === '' ? -1 : holding(byName.get(from), kept, line);
    const kindAt = mentionKinds.indexOf(kind);
    const key = `${holder} ${kindAt} ${name}`;
    const known = places.get(key);
    if (known === undefined) {
      places.set(key, numbers.length);
      numbers.push(names.id(name), holder, kindAt, line, 1);
    } else numbers[known + 4] = (numbers[known + 4] ?? 0) + 1;
  }
  return Int32Array.from(numbers);
}
