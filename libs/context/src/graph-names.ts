/** Every name that the graph knows, as a number. Numbers stay valid as long as the table. */
export interface NameTable {
  readonly size: number;
  /** The number of a name, new where the name is. */
  id(name: string): number;
  /** The number of a name that is known already. */
  find(name: string): number | undefined;
  name(id: number): string;
  /** The number of the last part of a name: of `append` for `Session.append`. */
  last(id: number): number;
}

const lastPartPattern = /(?:\.|::|#|\\)([^.:#\\]+)$/u;

/** The last part of a qualified name: `append` of `Session.append`, `new` of `Vec::new`. A name that ends in a sign is its own last part. */
export function lastPart(name: string): string {
  return lastPartPattern.exec(name)?.[1] ?? name;
}

/** What stands before the last part, without the sign between; empty where there is nothing. */
export function qualifierOf(name: string): string {
  const last = lastPart(name);
  return last.length === name.length ? '' : name.slice(0, -last.length).replace(/(?:\.|::|#|\\)$/u, '');
}

export function createNameTable(): NameTable {
  const names: string[] = [];
  const lasts: number[] = [];
  const ids = new Map<string, number>();
  const idOf = (name: string): number => {
    const known = ids.get(name);
    if (known !== undefined) return known;
    const last = lastPart(name);
    const lastId = last.length === name.length ? names.length : idOf(last);
    const id = names.length;
    names.push(name);
    lasts.push(lastId);
    ids.set(name, id);
    return id;
  };
  return {
    get size() {
      return names.length;
    },
    id: idOf,
    find: (name) => ids.get(name),
    name: (id) => names[id] ?? '',
    last: (id) => lasts[id] ?? id,
  };
}
