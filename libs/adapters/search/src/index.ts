export { createLocalSearchIndex, type LocalSearchIndexOptions } from './local-search-index.ts';
export type { LanceModules } from './lance-vectors.ts';
