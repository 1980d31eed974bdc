import { NootropicError, type ContextEntry, type ContextFilter, type ContextKind } from '@nootropic/contracts';
import type { Database } from '@nootropic/sqlite';

export interface EntryRow {
  readonly number: number;
  readonly id: string;
  readonly name: string | null;
  readonly title: string;
  readonly kind: string;
  readonly origin: string;
  readonly mark: string;
  readonly characters: number;
  readonly bytes: number;
  readonly lines: number;
  readonly tokens: number;
  readonly createdAt: number;
  readonly parts: number;
  readonly storedBytes: number;
}

/** The columns of an entry; the table of entries is called `e`. */
export const entryColumns = `e.number AS number, e.id AS id, e.name AS name, e.title AS title, e.kind AS kind, e.origin AS origin,
  e.mark AS mark, e.characters AS characters, e.bytes AS bytes, e.lines AS lines, e.tokens AS tokens, e.created_at AS createdAt,
  (SELECT count(*) FROM parts c WHERE c.entry = e.number) AS parts,
  (SELECT coalesce(sum(t.stored), 0) FROM parts c JOIN texts t ON t.id = c.text WHERE c.entry = e.number) AS storedBytes`;

export function entryOf(row: EntryRow): ContextEntry {
  const { id, name, title, kind, origin, mark, bytes, characters, lines, tokens, storedBytes, createdAt, parts } = row;
  return {
    ...{ id, title, kind: kind as ContextKind, from: origin },
    ...(name !== null && { name }),
    ...{ mark, bytes, characters, lines, tokens, storedBytes: parts > 1 ? 0 : storedBytes, createdAt, parts },
  };
}

/** A filter as a condition on the table `e`. */
export function entryFilter({ ids, named }: ContextFilter): { where: string; values: Record<string, unknown> } {
  const conditions = [
    ...(ids === undefined ? [] : ['e.id IN (SELECT value FROM json_each(:ids))']),
    ...(named === undefined ? [] : ['substr(e.name, 1, length(:named)) = :named']),
  ];
  return {
    where: conditions.join(' AND '),
    values: {
      ...(ids !== undefined && { ids: JSON.stringify(ids) }),
      ...(named !== undefined && { named }),
    },
  };
}

/** Entries, the newest first. */
export function listEntries(db: Database, filter: ContextFilter): ContextEntry[] {
  const { where, values } = entryFilter(filter);
  const rows = db
    .prepare<[Record<string, unknown>], EntryRow>(
      `SELECT ${entryColumns} FROM entries e ${where === '' ? '' : `WHERE ${where}`} ORDER BY e.number DESC`,
    )
    .all(values);
  return rows.map(entryOf);
}

/** The numbers of entries, in the order of their ids. Rejects with `NOT_FOUND` for one that is not there. */
export function numbersOf(db: Database, ids: readonly string[]): number[] {
  const number = db.prepare<[string], number>('SELECT number FROM entries WHERE id = ?').pluck();
  return ids.map((id) => {
    const found = number.get(id);
    if (found === undefined)
      throw new NootropicError('NOT_FOUND', `There is no entry ${id} in the context store.`, {
        hint: 'Run `nootropic context list`.',
      });
    return found;
  });
}
