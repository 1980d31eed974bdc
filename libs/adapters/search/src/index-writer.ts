import { NootropicError, type IndexBatch, type IndexedFileContent } from '@nootropic/contracts';
import type { Database } from '@nootropic/sqlite';
import { lastPart } from './index-schema.ts';
import { createIndexedText } from './search-words.ts';
import { mentionedLasts, packFacts, storedLasts } from './stored-facts.ts';
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
  const facts = db.prepare<[number | bigint], string>('SELECT content FROM facts WHERE file = ?').pluck();
  const insertFacts = db.prepare('INSERT INTO facts VALUES (?, ?)');
  const insertMention = db.prepare('INSERT OR IGNORE INTO mentions VALUES (?, ?)');
  const deleteMention = db.prepare('DELETE FROM mentions WHERE last = ? AND file = ?');

  const remove = (path: string): void => {
    const id = fileId.get(path);
    if (id === undefined) return;
    for (const last of storedLasts(facts.get(id) ?? packFacts([], []))) deleteMention.run(last, id);
    deleteWords.run(id);
    deleteFile.run(id);
  };

  const insert = ({ file, chunks, symbols, references, imports }: IndexedFileContent): void => {
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
    insertFacts.run(id, packFacts(references, imports));
    for (const last of mentionedLasts(references)) insertMention.run(last, id);
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
