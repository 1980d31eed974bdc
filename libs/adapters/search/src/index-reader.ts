import type {
  ChunkHit,
  FileFacts,
  IndexedFile,
  Reference,
  SearchFilter,
  SymbolInfo,
  SymbolKind,
} from '@nootropic/contracts';
import type { Database } from '@nootropic/sqlite';
import { lastPart } from './index-schema.ts';
import { unpackFacts } from './stored-facts.ts';
import { createTermChoice } from './term-choice.ts';
import { ftsTerms } from './text-query.ts';
import type { VectorRanking } from './vector-store.ts';

export interface IndexReader {
  files(): IndexedFile[];
  byText(text: string, limit: number, filter: SearchFilter): ChunkHit[];
  byVector(ranking: VectorRanking, limit: number, filter: SearchFilter): Promise<ChunkHit[]>;
  symbols(name: string): SymbolInfo[];
  references(name: string): Reference[];
  /** Paths of all files, in their order. */
  paths(): string[];
  /** What the parser found in one file, all of one batch. */
  facts(path: string): FileFacts | undefined;
  counts(): { readonly files: number; readonly chunks: number; readonly symbols: number };
}

interface ChunkRow {
  readonly path: string;
  readonly hash: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly symbol: string;
  readonly kind: SymbolKind | null;
  readonly signature: string;
  readonly doc: string;
  readonly text: string;
}

/** In so few files, the chunks of a filter are listed before they are searched. */
const fewFiles = 200;

/** Lists as JSON; `null` lets everything through. */
interface FilterRow {
  readonly paths: string | null;
  readonly languages: string | null;
  readonly kinds: string | null;
}

const chunkColumns = `files.path, chunks.hash, start_line AS startLine, end_line AS endLine, symbol, kind, signature, doc, text`;
const filterCondition = `
  (:paths IS NULL OR EXISTS (SELECT 1 FROM json_each(:paths) WHERE substr(files.path, 1, length(value)) = value))
  AND (:languages IS NULL OR files.language IN (SELECT value FROM json_each(:languages)))
  AND (:kinds IS NULL OR chunks.kind IN (SELECT value FROM json_each(:kinds)))`;

export function createIndexReader(db: Database): IndexReader {
  const files = db.prepare<[], IndexedFile>(
    'SELECT path, hash, bytes, mtime_ms AS mtimeMs, language FROM files ORDER BY path',
  );
  const ranked = db.prepare<[string, number], { id: number; score: number }>(
    'SELECT rowid AS id, -rank AS score FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?',
  );
  const rankedFiltered = db.prepare<[FilterRow & { match: string; limit: number }], { id: number; score: number }>(
    `SELECT words.rowid AS id, -words.rank AS score FROM words
     JOIN chunks ON chunks.id = words.rowid JOIN files ON files.id = chunks.file
     WHERE words MATCH :match AND ${filterCondition} ORDER BY words.rank LIMIT :limit`,
  );
  const filesBelow = db
    .prepare<[{ paths: string; limit: number }], number>(
      `SELECT id FROM files WHERE EXISTS (SELECT 1 FROM json_each(:paths) WHERE substr(files.path, 1, length(value)) = value) LIMIT :limit`,
    )
    .pluck();
  // The plus keeps SQLite from asking the text index for each chunk anew: every match is looked up in the list instead.
  const rankedInFiles = db.prepare<[{ match: string; files: string; limit: number }], { id: number; score: number }>(
    `SELECT rowid AS id, -rank AS score FROM words
     WHERE words MATCH :match AND +rowid IN (SELECT id FROM chunks WHERE file IN (SELECT value FROM json_each(:files)))
     ORDER BY rank LIMIT :limit`,
  );
  const chooseTerms = createTermChoice(db);
  const chunkById = db.prepare<[number], ChunkRow>(
    `SELECT ${chunkColumns} FROM chunks JOIN files ON files.id = chunks.file WHERE chunks.id = ?`,
  );
  const chunksByHash = db.prepare<[FilterRow & { hash: string; limit: number }], ChunkRow>(
    `SELECT ${chunkColumns} FROM chunks JOIN files ON files.id = chunks.file
     WHERE chunks.hash = :hash AND ${filterCondition} ORDER BY files.path, start_line LIMIT :limit`,
  );
  const chunksByHashAlone = db.prepare<[string, number], ChunkRow>(
    `SELECT ${chunkColumns} FROM chunks JOIN files ON files.id = chunks.file
     WHERE chunks.hash = ? ORDER BY files.path, start_line LIMIT ?`,
  );
  const symbolColumns = 'files.path, name, kind, start_line AS startLine, end_line AS endLine, signature, doc';
  const symbols = db.prepare<[{ name: string }], SymbolInfo>(
    `SELECT ${symbolColumns} FROM symbols JOIN files ON files.id = symbols.file
     WHERE name = :name OR last = :name ORDER BY name <> :name, files.path, start_line`,
  );
  const mentioning = db.prepare<[string], { id: number; path: string; content: string }>(
    `SELECT files.id, files.path, content FROM mentions JOIN files ON files.id = mentions.file JOIN facts ON facts.file = files.id
     WHERE last = ? ORDER BY files.path`,
  );
  const definedOn = db
    .prepare<[number, string], number>('SELECT start_line FROM symbols WHERE file = ? AND last = ?')
    .pluck();
  const paths = db.prepare<[], string>('SELECT path FROM files ORDER BY path').pluck();
  const factsOf = db.prepare<[string], { id: number; language: string; content: string }>(
    'SELECT id, language, content FROM files JOIN facts ON facts.file = files.id WHERE path = ?',
  );
  const symbolsOf = db.prepare<[number], Omit<SymbolInfo, 'path'>>(
    `SELECT name, kind, start_line AS startLine, end_line AS endLine, signature, doc FROM symbols WHERE file = ? ORDER BY rowid`,
  );
  const count = (table: string) => db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck();
  const [fileCount, chunkCount, symbolCount] = [count('files'), count('chunks'), count('symbols')] as const;

  const rankedIds = (
    row: FilterRow,
    { terms, limit }: { readonly terms: readonly string[]; readonly limit: number },
  ): { id: number; score: number }[] => {
    const { paths, languages, kinds } = row;
    if (languages !== null || kinds !== null) return rankedFiltered.all({ ...row, match: terms.join(' OR '), limit });
    if (paths === null) return ranked.all(chooseTerms(terms), limit);
    const below = filesBelow.all({ paths, limit: fewFiles + 1 });
    const match = chooseTerms(terms);
    return below.length > fewFiles
      ? rankedFiltered.all({ ...row, match: terms.join(' OR '), limit })
      : rankedInFiles.all({ match, files: JSON.stringify(below), limit });
  };

  /** One transaction, so that the ranking and the chunks are of the same batch. */
  const byText = db.transaction((text: string, limit: number, filter: SearchFilter): ChunkHit[] => {
    const terms = ftsTerms(text);
    if (terms.length === 0 || limit < 1) return [];
    const row = filterRow(filter);
    const found = rankedIds(row, { terms, limit });
    const hits: ChunkHit[] = [];
    for (const { id, score } of found) {
      const chunk = chunkById.get(id);
      if (chunk !== undefined) hits.push(asHit(chunk, score));
    }
    return hits;
  });

  const references = db.transaction((name: string): Reference[] => {
    const last = lastPart(name);
    return mentioning.all(last).flatMap(({ id, path, content }) => {
      const definitions = new Set(definedOn.all(id, last));
      return unpackFacts(path, content)
        .references.filter((reference) => lastPart(reference.name) === last && !definitions.has(reference.line))
        .sort((one, other) => one.line - other.line);
    });
  });

  const facts = db.transaction((path: string): FileFacts | undefined => {
    const found = factsOf.get(path);
    if (found === undefined) return undefined;
    const { id, language, content } = found;
    const own = symbolsOf.all(id).map((symbol): SymbolInfo => ({ path, ...symbol }));
    return { path, language, symbols: own, ...unpackFacts(path, content) };
  });

  return {
    files: () => files.all(),
    byText,
    async byVector(ranking, limit, filter) {
      if (limit < 1) return [];
      const row = filterRow(filter);
      const isFiltered = row.paths !== null || row.languages !== null || row.kinds !== null;
      const chunksOf = (hash: string, most: number): ChunkRow[] =>
        isFiltered ? chunksByHash.all({ ...row, hash, limit: most }) : chunksByHashAlone.all(hash, most);
      // Vectors of chunks that are gone or filtered out take places too; so ask for more until there is enough.
      for (let count = isFiltered ? limit * 2 : Math.ceil(limit * 1.2); ; count *= 4) {
        const best = await ranking.take(count);
        const hits: ChunkHit[] = [];
        for (const { hash, score } of best) {
          if (hits.length >= limit) break;
          for (const chunk of chunksOf(hash, limit - hits.length)) hits.push(asHit(chunk, score));
        }
        if (hits.length >= limit || best.length < count) return hits;
      }
    },
    symbols: (name) => symbols.all({ name }),
    references: (name) => references(name),
    paths: () => paths.all(),
    facts: (path) => facts(path),
    counts: () => ({ files: fileCount.get() ?? 0, chunks: chunkCount.get() ?? 0, symbols: symbolCount.get() ?? 0 }),
  };
}

/** An empty list restricts nothing, as a missing one. */
function filterRow({ paths, languages, kinds }: SearchFilter): FilterRow {
  const list = (values: readonly string[] | undefined) =>
    values === undefined || values.length === 0 ? null : JSON.stringify(values);
  return { paths: list(paths), languages: list(languages), kinds: list(kinds) };
}

function asHit({ path, kind, ...chunk }: ChunkRow, score: number): ChunkHit {
  return { path, chunk: kind === null ? chunk : { ...chunk, kind }, score };
}
