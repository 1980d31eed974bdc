import {
  NootropicError,
  type ChunkHit,
  type IndexedFileContent,
  type SearchFilter,
  type SearchIndex,
} from '@nootropic/contracts';

/** A search index in memory: term frequency times rarity for text, every vector looked at for vectors. For tests; it forgets everything at the end. */
export function createMemorySearchIndex({ dimensions }: { readonly dimensions: number }): SearchIndex {
  const files = new Map<string, IndexedFileContent>();
  const vectors = new Map<string, Float32Array>();

  const sorted = () => [...files.values()].sort((a, b) => (a.file.path < b.file.path ? -1 : 1));
  const chunksOf = ({ paths = [], languages = [], kinds = [] }: SearchFilter) =>
    sorted()
      .filter(({ file }) => paths.length === 0 || paths.some((start) => file.path.startsWith(start)))
      .filter(({ file }) => languages.length === 0 || languages.includes(file.language))
      .flatMap(({ file, chunks }) => chunks.map((chunk) => ({ path: file.path, chunk })))
      .filter(({ chunk }) => kinds.length === 0 || (chunk.kind !== undefined && kinds.includes(chunk.kind)));

  const byText = (text: string, filter: SearchFilter): ChunkHit[] => {
    const documents = chunksOf(filter).map((found) => {
      const { symbol, signature, doc, text: body } = found.chunk;
      return { ...found, terms: termsOf(`${found.path} ${symbol} ${symbol} ${signature} ${doc} ${body}`) };
    });
    const wanted = new Set(termsOf(text));
    return documents.map(({ path, chunk, terms }) => {
      let score = 0;
      for (const term of wanted) {
        const frequency = terms.filter((other) => other === term).length;
        if (frequency === 0) continue;
        const holders = documents.filter((document) => document.terms.includes(term)).length;
        score += (frequency / (frequency + 1)) * Math.log(1 + documents.length / holders);
      }
      return { path, chunk, score };
    });
  };

  const byVector = (vector: Float32Array, filter: SearchFilter): ChunkHit[] =>
    chunksOf(filter).flatMap(({ path, chunk }) => {
      const known = vectors.get(chunk.hash);
      return known === undefined ? [] : [{ path, chunk, score: cosine(vector, known) }];
    });

  const checkLength = (vector: Float32Array): void => {
    if (vector.length !== dimensions || !vector.every(Number.isFinite)) {
      throw new NootropicError(
        'INPUT_INVALID',
        `A vector of ${vector.length} numbers is given; the index takes ${dimensions} finite ones.`,
      );
    }
  };

  return {
    files: async () => sorted().map(({ file }) => file),

    missingVectors: async (hashes) => [...new Set(hashes)].filter((hash) => !vectors.has(hash)),

    async withoutVectors() {
      const missing = chunksOf({}).filter(({ chunk }) => !vectors.has(chunk.hash));
      return {
        chunks: new Set(missing.map(({ chunk }) => chunk.hash)).size,
        files: [...new Set(missing.map(({ path }) => path))],
      };
    },

    async apply(batch) {
      for (const vector of batch.vectors.values()) checkLength(vector);
      for (const path of batch.remove) files.delete(path);
      for (const content of batch.upsert) files.set(content.file.path, structuredClone(content));
      for (const [hash, vector] of batch.vectors) if (!vectors.has(hash)) vectors.set(hash, vector.slice());
    },

    async query(query, limit, filter = {}) {
      if ('vector' in query) checkLength(query.vector);
      const hits =
        'text' in query ? byText(query.text, filter).filter((hit) => hit.score > 0) : byVector(query.vector, filter);
      return hits.sort((a, b) => b.score - a.score).slice(0, Math.max(0, limit));
    },

    symbols: async (name) =>
      sorted()
        .flatMap(({ symbols }) => symbols)
        .filter((symbol) => symbol.name === name || (symbol.kind !== 'section' && lastPart(symbol.name) === name))
        .sort((a, b) => Number(b.name === name) - Number(a.name === name)),

    references: async (name) =>
      sorted().flatMap(({ references, symbols }) =>
        references.filter((reference) => {
          const same = (other: string) => lastPart(other) === lastPart(reference.name);
          return same(name) && !symbols.some((symbol) => same(symbol.name) && symbol.startLine === reference.line);
        }),
      ),

    async *facts(paths) {
      for (const path of paths === undefined ? sorted().map(({ file }) => file.path) : [...new Set(paths)].sort()) {
        const content = files.get(path);
        if (content === undefined) continue;
        const { file, symbols, references, imports } = structuredClone(content);
        yield { path, language: file.language, symbols, references, imports };
      }
    },

    async stats(options) {
      const contents = sorted();
      const hashes = new Set(contents.flatMap(({ chunks }) => chunks.map((chunk) => chunk.hash)));
      if (options?.optimize === true) for (const hash of vectors.keys()) if (!hashes.has(hash)) vectors.delete(hash);
      const total = (count: (content: IndexedFileContent) => number) =>
        contents.reduce((sum, content) => sum + count(content), 0);
      return {
        files: contents.length,
        chunks: total(({ chunks }) => chunks.length),
        symbols: total(({ symbols }) => symbols.length),
        vectors: vectors.size,
        bytes: total(({ file }) => file.bytes) + vectors.size * dimensions * 4,
        vectorStore: 'memory',
      };
    },

    async [Symbol.asyncDispose]() {},
  };
}

/** Words, and the parts of names, in lower case without the commonest English endings. */
function termsOf(text: string): string[] {
  const words = text.match(/[\p{L}\p{N}_]+/gu) ?? [];
  return words.flatMap((word) => {
    const parts = word.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+|\p{Lo}+/gu) ?? [];
    const terms = parts.length > 1 ? [parts.join(''), ...parts] : [word];
    return terms.map((term) => term.toLowerCase().replace(/(?<=\p{L}{3})(?:ing|ed|es|s|e)$/u, ''));
  });
}

function lastPart(name: string): string {
  return /(?:\.|::|#)([^.:#]+)$/.exec(name)?.[1] ?? name;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let lengths = [0, 0] as [number, number];
  for (const [at, value] of a.entries()) {
    const other = b[at] ?? 0;
    dot += value * other;
    lengths = [lengths[0] + value * value, lengths[1] + other * other];
  }
  const length = Math.sqrt(lengths[0] * lengths[1]);
  return length === 0 ? 0 : dot / length;
}
