import { referenceKinds, type ImportInfo, type Reference } from '@nootropic/contracts';
import { lastPart } from './index-schema.ts';

/** What is stored of a file's references and imports: names once, and four numbers a reference. */
interface StoredFacts {
  readonly names: readonly string[];
  /** For each reference: the name, the line, the holder (both as places in `names`), and the kind (as a place in `referenceKinds`, -1 for none). */
  readonly references: readonly number[];
  readonly imports: readonly (readonly [line: number, module: string, ...names: (readonly [string, string])[]])[];
}

const fields = 4;

/** Writes the references and imports of one file as one compact text. */
export function packFacts(references: readonly Reference[], imports: readonly ImportInfo[]): string {
  const names: string[] = [];
  const places = new Map<string, number>();
  const placeOf = (name: string): number => {
    let place = places.get(name);
    if (place === undefined) {
      place = names.length;
      places.set(name, place);
      names.push(name);
    }
    return place;
  };
  const numbers: number[] = [];
  for (const { name, line, from, kind } of references) {
    numbers.push(placeOf(name), line, placeOf(from), kind === undefined ? -1 : referenceKinds.indexOf(kind));
  }
  const stored: StoredFacts = {
    names,
    references: numbers,
    imports: imports.map(({ line, module, names: taken }) => [
      line,
      module,
      ...taken.map(({ name, as }) => [name, as] as const),
    ]),
  };
  return JSON.stringify(stored);
}

/** The references and imports of the file at `path`, as they were given. */
export function unpackFacts(path: string, content: string): { references: Reference[]; imports: ImportInfo[] } {
  const { names, references: numbers, imports } = JSON.parse(content) as StoredFacts;
  const references: Reference[] = [];
  for (let at = 0; at < numbers.length; at += fields) {
    const kind = referenceKinds[numbers[at + 3] ?? -1];
    references.push({
      path,
      line: numbers[at + 1] ?? 1,
      name: names[numbers[at] ?? 0] ?? '',
      from: names[numbers[at + 2] ?? 0] ?? '',
      ...(kind !== undefined && { kind }),
    });
  }
  return {
    references,
    imports: imports.map(([line, module, ...taken]) => ({
      path,
      line,
      module,
      names: taken.map(([name, as]) => ({ name, as })),
    })),
  };
}

/** The last parts of all names that are mentioned, each once. */
export function mentionedLasts(references: Iterable<{ readonly name: string }>): Set<string> {
  const lasts = new Set<string>();
  for (const { name } of references) lasts.add(lastPart(name));
  return lasts;
}

/** The same from what is stored. */
export function storedLasts(content: string): Set<string> {
  const { names, references } = JSON.parse(content) as StoredFacts;
  const mentioned = new Set<number>();
  for (let at = 0; at < references.length; at += fields) mentioned.add(references[at] ?? 0);
  return mentionedLasts(Array.from(mentioned, (place) => ({ name: names[place] ?? '' })));
}
