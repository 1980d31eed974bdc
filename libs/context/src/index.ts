export { createKnowledge, type KnowledgeOptions } from './knowledge.ts';
export { estimateTokens } from './token-estimate.ts';
export { isSecretPath } from './secret-paths.ts';
export type { RefreshLimits } from './refresh.ts';
