import { NootropicError, type IndexBatch, type IndexedFileContent } from '@nootropic/contracts';
import type { Database } from '@nootropic/sqlite';
import { lastPart } from './index-schema.ts';
import { createIndexedText } from './search-words.ts';
import { unitVector } from './vector-store.ts';
import type { VectorRows } from './vector-rows.ts';

/**
 * Gives the function that writes a batch, in one transaction. `outside` says whether a vector that lies outside the database counts as there.
 * A vector of a hash that has one is left out.
 */
export function createIndexWriter(db: Database, rows: VectorRows): (batch: IndexBatch, outside: boolean) => void {
  const indexed = createIndexedText();
  const fileId = db.prepare<[string], number>('SELECT id FROM files WHERE path = ?').pluck();
  const deleteWords = db.prepare('DELETE FROM words WHERE rowid IN (SELECT id FROM chunks WHERE file = ?)');
  const deleteFile = db.prepare('DELETE FROM files WHERE id = ?');
  const insertFile = db.prepare(
    'INSERT INTO files (path, hash, bytes, mtime_ms, language) VALUES (:path, :hash, :bytes, :mtimeMs, :language)',
  );
  const insertChunk = db.prepare('INSERT INTO chunks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const insertWords = db.prepare('INSERT INTO words (rowid, path, symbol, signature, text) VALUES (?, ?, ?, ?, ?)');
  const insertSymbol = db.prepare('INSERT INTO symbols VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const insertMention = db.prepare('INSERT INTO mentions VALUES (?, ?, ?, ?, ?, ?)');

  const remove = (path: string): void => {
    const id = fileId.get(path);
    if (id === undefined) return;
    deleteWords.run(id);
    deleteFile.run(id);
  };

  const insert = ({ file, chunks, symbols, references }: IndexedFileContent): void => {
    const { path, hash, bytes, mtimeMs, language } = file;
    const id = insertFile.run({ path, hash, bytes, mtimeMs, language }).lastInsertRowid;
    const pathWords = indexed(path);
    for (const { hash: chunkHash, startLine, endLine, symbol, kind, signature, doc, text } of chunks) {
      const chunk = insertChunk.run(
        id,
        chunkHash,
        startLine,
        endLine,
        symbol,
        kind ?? null,
        signature,
        doc,
        text,
      ).lastInsertRowid;
      insertWords.run(chunk, pathWords, indexed(symbol), indexed(`${signature}\n${doc}`), indexed(text));
    }
    for (const { name, kind, startLine, endLine, signature, doc } of symbols) {
      // A heading is not a qualified name, even with a full stop in it.
      const last = kind === 'section' ? name : lastPart(name);
      insertSymbol.run(id, name, last, kind, startLine, endLine, signature, doc);
    }
    for (const [number, { name, line, from }] of references.entries()) {
      insertMention.run(id, number, name, lastPart(name), line, from);
    }
  };

  const write = db.transaction((batch: IndexBatch, vectors: ReadonlyMap<string, Float32Array>, outside: boolean) => {
    for (const path of batch.remove) remove(path);
    for (const content of batch.upsert) {
      remove(content.file.path);
      insert(content);
    }
    for (const [hash, vector] of vectors) if (!rows.has(hash, outside)) rows.put(hash, vector);
  });

  return (batch, outside) => {
    const vectors = new Map<string, Float32Array>();
    for (const [hash, vector] of batch.vectors) {
      if (vector.length !== rows.dimensions || !vector.every(Number.isFinite)) {
        throw new NootropicError(
          'INPUT_INVALID',
          `A vector of ${vector.length} numbers is given; the index takes ${rows.dimensions} finite ones.`,
        );
      }
      vectors.set(hash, unitVector(vector));
    }
    write.immediate(batch, vectors, outside);
  };
}
