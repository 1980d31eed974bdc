import { symbolKinds, type SymbolKind } from '@nootropic/contracts';
import { mentionFields, mentionKinds, symbolFields, type GraphFile } from './graph-file.ts';
import { createNameTable, type NameTable } from './graph-names.ts';
import { createPathTable, type PathTable } from './graph-paths.ts';

/**
 * A place in the graph as one number: the file's number times `span`, plus the number of a symbol or a mention in it.
 * The last number of a file stands for the file as a whole.
 */
export const span = 2 ** 20;
export const wholeFile = span - 1;

/** Below 2^53 whatever the number of files. */
export function handleOf(file: number, at: number): number {
  return file * span + at;
}

export function fileOf(handle: number): number {
  return Math.floor(handle / span);
}

export function placeOf(handle: number): number {
  return handle % span;
}

/** One symbol of the graph. */
export interface GraphSymbol {
  readonly file: number;
  readonly at: number;
  readonly handle: number;
  readonly name: number;
  readonly last: number;
  readonly kind: SymbolKind;
  readonly startLine: number;
  readonly endLine: number;
  /** Number of the symbol of the same file that holds it; -1 at top level. */
  readonly holder: number;
  /** Number of the last part of its owner's name, wherever that is defined; -1 where the name is not qualified. */
  readonly owner: number;
}

export interface GraphMention {
  readonly file: number;
  readonly at: number;
  readonly name: number;
  readonly last: number;
  /** Number of the symbol that holds it; -1 at top level. */
  readonly from: number;
  readonly kind: (typeof mentionKinds)[number];
  readonly line: number;
  readonly count: number;
}

/** A list of handles by the number of a name, in two arrays: those of name `n` are `items[starts[n]]` to before `items[starts[n + 1]]`, ascending. */
export interface Postings {
  readonly starts: Int32Array;
  readonly items: Float64Array;
}

/** All files of the graph, and where each name is defined and mentioned. */
export interface GraphStore {
  readonly names: NameTable;
  readonly size: number;
  versions(): ReadonlyMap<string, string>;
  put(file: GraphFile): void;
  remove(path: string): void;
  /** Forgets everything. */
  clear(): void;
  /** The tables over all files, made anew after a change. Valid until the next change. */
  tables(): GraphTables;
}

export interface GraphTables {
  readonly names: NameTable;
  /** By number; `undefined` where a file was removed. */
  readonly files: readonly (GraphFile | undefined)[];
  readonly paths: PathTable;
  file(number: number): GraphFile | undefined;
  symbol(handle: number): GraphSymbol | undefined;
  symbolsOf(file: number): number;
  mention(file: number, at: number): GraphMention;
  mentionsOf(file: number): number;
  /** Handles of the symbols whose last part is this. */
  definitions(last: number): Float64Array;
  definitionsIn(last: number, file: number): Float64Array;
  /** Handles (file and number of the mention) of what mentions this last part. */
  mentions(last: number): Float64Array;
  /** Files that import this name: where, and what it is called there. */
  importers(name: number): readonly { readonly file: number; readonly as: number; readonly line: number }[];
}

const noHandles = new Float64Array(0);

export function createGraphStore(): GraphStore {
  let names = createNameTable();
  let files: (GraphFile | undefined)[] = [];
  let numbers = new Map<string, number>();
  let free: number[] = [];
  let tables: GraphTables | undefined;
  return {
    get names() {
      return names;
    },
    get size() {
      return numbers.size;
    },
    versions: () => new Map([...numbers].map(([path, number]) => [path, files[number]?.version ?? ''])),
    put(file) {
      const number = numbers.get(file.path) ?? free.pop() ?? files.length;
      numbers.set(file.path, number);
      files[number] = file;
      tables = undefined;
    },
    remove(path) {
      const number = numbers.get(path);
      if (number === undefined) return;
      files[number] = undefined;
      numbers.delete(path);
      free.push(number);
      tables = undefined;
    },
    clear() {
      names = createNameTable();
      files = [];
      numbers = new Map();
      free = [];
      tables = undefined;
    },
    tables: () => (tables ??= createTables(names, [...files])),
  };
}

function createTables(names: NameTable, files: readonly (GraphFile | undefined)[]): GraphTables {
  const known = files.flatMap((file, number) => (file === undefined ? [] : [[file.path, number] as const]));
  const definitions = postings(names, files, (file) => ({
    numbers: file.symbols,
    fields: symbolFields,
    last: (at) => file.symbols[at + 1] ?? 0,
  }));
  const mentions = postings(names, files, (file) => ({
    numbers: file.mentions,
    fields: mentionFields,
    last: (at) => names.last(file.mentions[at] ?? 0),
  }));
  const importers = new Map<number, { file: number; as: number; line: number }[]>();
  for (const [number, file] of files.entries()) {
    for (const { line, names: taken } of file?.imports ?? []) {
      for (const { name, as } of taken) {
        const list = importers.get(name);
        if (list === undefined) importers.set(name, [{ file: number, as, line }]);
        else list.push({ file: number, as, line });
      }
    }
  }
  return {
    names,
    files,
    paths: createPathTable(known),
    file: (number) => files[number],
    symbol(handle) {
      const [number, at] = [fileOf(handle), placeOf(handle)];
      const numbers = files[number]?.symbols;
      const start = at * symbolFields;
      if (numbers === undefined || start >= numbers.length) return undefined;
      return {
        file: number,
        at,
        handle,
        name: numbers[start] ?? 0,
        last: numbers[start + 1] ?? 0,
        kind: symbolKinds[numbers[start + 2] ?? 0] ?? 'function',
        startLine: numbers[start + 3] ?? 1,
        endLine: numbers[start + 4] ?? 1,
        holder: numbers[start + 5] ?? -1,
        owner: numbers[start + 6] ?? -1,
      };
    },
    symbolsOf: (number) => (files[number]?.symbols.length ?? 0) / symbolFields,
    mention(number, at) {
      const numbers = files[number]?.mentions ?? new Int32Array(0);
      const start = at * mentionFields;
      const name = numbers[start] ?? 0;
      return {
        file: number,
        at,
        name,
        last: names.last(name),
        from: numbers[start + 1] ?? -1,
        kind: mentionKinds[numbers[start + 2] ?? 0] ?? 'call',
        line: numbers[start + 3] ?? 1,
        count: numbers[start + 4] ?? 1,
      };
    },
    mentionsOf: (number) => (files[number]?.mentions.length ?? 0) / mentionFields,
    definitions: (last) => slice(definitions, last),
    definitionsIn: (last, file) => between(slice(definitions, last), file * span, (file + 1) * span),
    mentions: (last) => slice(mentions, last),
    importers: (name) => importers.get(name) ?? [],
  };
}

interface Entries {
  readonly numbers: Int32Array;
  readonly fields: number;
  readonly last: (start: number) => number;
}

/** Counts, then places: a counting sort by name, which keeps the order of files. */
function postings(
  names: NameTable,
  files: readonly (GraphFile | undefined)[],
  entriesOf: (file: GraphFile) => Entries,
): Postings {
  const starts = new Int32Array(names.size + 1);
  for (const file of files) {
    if (file === undefined) continue;
    const { numbers, fields, last } = entriesOf(file);
    for (let at = 0; at < numbers.length; at += fields) {
      const next = last(at) + 1;
      starts[next] = (starts[next] ?? 0) + 1;
    }
  }
  for (let at = 1; at < starts.length; at += 1) starts[at] = (starts[at] ?? 0) + (starts[at - 1] ?? 0);
  const places = starts.slice();
  const items = new Float64Array(starts.at(-1) ?? 0);
  for (const [number, file] of files.entries()) {
    if (file === undefined) continue;
    const { numbers, fields, last } = entriesOf(file);
    for (let at = 0; at < numbers.length; at += fields) {
      const name = last(at);
      const place = places[name] ?? 0;
      items[place] = handleOf(number, at / fields);
      places[name] = place + 1;
    }
  }
  return { starts, items };
}

function slice({ starts, items }: Postings, name: number): Float64Array {
  if (name < 0 || name + 1 >= starts.length) return noHandles;
  return items.subarray(starts[name], starts[name + 1]);
}

/** The part of an ascending list from `low` to before `high`. */
function between(items: Float64Array, low: number, high: number): Float64Array {
  return items.subarray(firstFrom(items, low), firstFrom(items, high));
}

function firstFrom(items: Float64Array, value: number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
