export { createKnowledge, type IndexRunOptions, type KnowledgeOptions } from './knowledge.ts';
export { createPace, type PaceOptions } from './index-pace.ts';
export type { IndexNote, IndexNotes } from './index-notes.ts';
export { defaultLimits, refreshIndex, type RefreshPorts } from './refresh.ts';
export { estimateTokens } from './token-estimate.ts';
export { isSecretPath } from './secret-paths.ts';
export type { RefreshLimits } from './refresh.ts';
export { rankWeights, type RankWeights } from './rank-weights.ts';
export { chooseWeights, measureRanking, type JudgedQuestion, type RankingQuality } from './choose-weights.ts';
export { findCandidates, type Found, type RetrievePorts } from './retrieve.ts';
export type { LineMatch, OpenPattern, PatternRunner } from './search-lines.ts';
export { createSources, type SourcesOptions } from './sources.ts';
export type { SourceOriginals } from './source-readers.ts';
export { joinSources } from './joined-sources.ts';
export {
  completionRoom,
  mayBeMany,
  placeCompletion,
  type CompletionPlace,
  type CompletionRoom,
} from './completion-place.ts';
export { completionExtras, type CompletionExtra } from './completion-definitions.ts';
export { createCompletionCut } from './completion-cut.ts';
