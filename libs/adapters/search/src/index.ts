export { createLocalSearchIndex, type LocalSearchIndexOptions } from './local-search-index.ts';
export type { LanceModules } from './lance-vectors.ts';
export { createVectorScan, type VectorScan } from './vector-scan.ts';
export { createIndexedText } from './search-words.ts';
export { ftsExpression } from './text-query.ts';
