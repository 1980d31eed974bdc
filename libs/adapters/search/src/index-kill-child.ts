import { createLocalSearchIndex } from './local-search-index.ts';

/**
 * The process that a test kills while it writes: batches of 40 files, each batch replacing the one before,
 * all of one batch with the batch's number as hash. Writes the number of a batch to stdout once it is acknowledged.
 */
const [dir = ''] = process.argv.slice(2);
const index = await createLocalSearchIndex({
  dir,
  dimensions: 4,
  embedder: 'kill',
  vectors: 'lancedb',
  batchLength: 32,
});
for (let batch = 1; ; batch += 1) {
  const upsert = Array.from({ length: 40 }, (_, at) => {
    const path = `src/${at}.ts`;
    const chunk = {
      hash: `${batch}-${at}`,
      startLine: 1,
      endLine: 2,
      symbol: `f${at}`,
      signature: '',
      doc: '',
      text: `walrus ${batch} ${'word '.repeat(100)}`,
    };
    return {
      file: { path, hash: `${batch}`, bytes: 1, mtimeMs: 1, language: 'typescript' },
      chunks: [chunk],
      symbols: [],
      references: [],
      imports: [],
    };
  });
  const vectors = new Map(upsert.map(({ chunks }, at) => [chunks[0]?.hash ?? '', Float32Array.of(at, batch, 1, 1)]));
  await index.apply({ upsert, remove: [], vectors });
  process.stdout.write(`${batch}\n`);
}
