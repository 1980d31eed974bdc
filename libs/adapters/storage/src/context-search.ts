import { NootropicError, type ContextEntry, type ContextFilter, type ContextHit } from '@nootropic/contracts';
import type { Database } from '@nootropic/sqlite';
import { entryColumns, entryFilter, entryOf, type EntryRow } from './context-entries.ts';
import { textOfBlock } from './context-read.ts';

interface HitRow extends EntryRow {
  readonly rank: number;
  readonly startLine: number;
  readonly endLine: number;
  readonly from: number;
  readonly to: number;
  readonly text: number;
  readonly block: number;
}

/** Passages for an expression of FTS5, best first. */
export async function searchTexts(
  db: Database,
  expression: string,
  { limit = 10, signal, ...filter }: ContextFilter & { readonly limit?: number; readonly signal?: AbortSignal },
): Promise<ContextHit[]> {
  const { where, values } = entryFilter(filter);
  const rows = db
    .prepare<[Record<string, unknown>], HitRow>(
      `SELECT ${entryColumns}, words.rank AS rank, s.text AS text, s.block AS block, s.start AS "from", s."end" AS "to",
         p.line + s.start_line - 1 AS startLine, p.line + s.end_line - 1 AS endLine
       FROM words JOIN passages s ON s.id = words.rowid JOIN parts p ON p.text = s.text JOIN entries e ON e.number = p.entry
       WHERE words MATCH :expression${where === '' ? '' : ` AND ${where}`}
       ORDER BY words.rank, e.number, startLine LIMIT :limit`,
    )
    .all({ ...values, expression, limit });
  const data = db.prepare<[number, number], Buffer>('SELECT data FROM blocks WHERE text = ? AND seq = ?').pluck();
  const hits: ContextHit[] = [];
  for (const row of rows) {
    if (signal?.aborted) throw new NootropicError('ABORTED');
    const stored = data.get(row.text, row.block);
    if (stored === undefined) continue;
    const whole = await textOfBlock(stored);
    const text = whole.slice(row.from, row.to).replace(/\n$/u, '');
    const entry: ContextEntry = entryOf(row);
    hits.push({ entry, startLine: row.startLine, endLine: row.endLine, text, score: -row.rank });
  }
  return hits;
}
