export { exitCodes, errorTable, NootropicError, type ErrorBody, type ErrorCode, type ExitName } from './errors.ts';
export {
  attachmentSchema,
  imageSchema,
  messageSchema,
  toolCallSchema,
  type Attachment,
  type Image,
  type Message,
  type ToolCall,
  type ToolSpec,
} from './messages.ts';
export {
  citationSchema,
  contextBlockSchema,
  referenceKinds,
  referenceSchema,
  searchHitSchema,
  symbolInfoSchema,
  symbolKinds,
  type Citation,
  type ContextBlock,
  type ImportInfo,
  type Reference,
  type ReferenceKind,
  type SearchHit,
  type SymbolInfo,
  type SymbolKind,
} from './passages.ts';
export {
  isKnownEvent,
  knownTurnEventSchema,
  stopReasons,
  turnEventSchema,
  turnEventTypes,
  type KnownTurnEvent,
  type TurnEvent,
  type TurnEventBody,
  type TurnEventType,
  type UnknownTurnEvent,
  type Usage,
} from './events.ts';
export {
  contextEntrySchema,
  contextHitSchema,
  contextPieceSchema,
  leftOutSchema,
  sourceEventSchema,
  sourceKinds,
  sourceSchema,
  type LeftOut,
  type Source,
  type SourceEvent,
  type SourceKind,
} from './sources.ts';
export {
  completionEnds,
  completionEventSchema,
  completionInputSchema,
  completionReportSchema,
  completionStateSchema,
  mostCompletionContext,
  type CompletionEvent,
  type CompletionInput,
  type CompletionReport,
  type CompletionState,
} from './completions.ts';
export { hunkSelectionSchema, type Finding, type HunkSelection } from './face-contract.ts';
export { sessionHitSchema, sessionSchema, turnAccountSchema, type SessionHit, type TurnAccount } from './sessions.ts';
export { configSchema, type Config, type ConfigInput, type ConfigLayer } from './config.ts';
export { assistantContract, sendInputSchema, type Assistant, type DoctorCheck, type SendInput } from './assistant.ts';
export {
  kvTypes,
  memoryEstimateSchema,
  memoryPlanSchema,
  modelAbilities,
  modelInfoSchema,
  modelListingSchema,
  modelProfileSchema,
  modelRoles,
  modelsStatusSchema,
  plannedModelSchema,
  providerKeySchema,
  recommendationSchema,
  runningModelSchema,
  storedModelSchema,
  usageRowSchema,
} from './models.ts';
export type * from './models.ts';
export { workClasses } from './ports/model.ts';
export type * from './ports/model.ts';
export type * from './ports/model-store.ts';
export type * from './ports/usage-log.ts';
export type * from './ports/search-index.ts';
export type * from './ports/parser.ts';
export type * from './ports/knowledge.ts';
export type * from './ports/session-log.ts';
export type * from './ports/workspace.ts';
export type * from './ports/history.ts';
export {
  customizationsSchema,
  diffAnswerSchema,
  journalChangeSchema,
  journalOutcomeSchema,
  journalSelectionSchema,
  journalStepSchema,
  lessonSchema,
  type DiffAnswer,
} from './changes.ts';
export type * from './ports/journal.ts';
export type * from './ports/actions.ts';
export type * from './ports/reflexion.ts';
export { hookEvents } from './ports/customizations.ts';
export type * from './ports/customizations.ts';
export {
  agentModes,
  permissionDecisions,
  permissionRuleSchema,
  permissionVerdictSchema,
  type AgentMode,
  type PermissionDecision,
  type PermissionRule,
  type PermissionSubject,
  type PermissionVerdict,
} from './permissions.ts';
export type * from './ports/context-store.ts';
export type * from './ports/sources.ts';
export type * from './ports/machine.ts';
export type * from './ports/telemetry.ts';
export {
  indexRunSchema,
  indexStatusSchema,
  skippedFileSchema,
  type IndexRun,
  type IndexStatus,
} from './index-status.ts';
export { hostContract, turnContract, workContract } from './host-contract.ts';
export {
  auditEntrySchema,
  auditVerdictSchema,
  clientRoles,
  egressCauses,
  egressRowSchema,
  hostClientSchema,
  hostProcessSchema,
  hostStatusSchema,
  mcpServerSchema,
  newHostClientSchema,
  settingSchema,
} from './host.ts';
export type * from './host.ts';
export {
  chainEventSchema,
  chainInputSchema,
  chainStepSchema,
  completionsJobSchema,
  executeEventSchema,
  executeInputSchema,
  executeLanguages,
  indexJobSchema,
  jobKinds,
  jobProgressSchema,
  jobSchema,
  jobStates,
  newJobSchema,
  retrySchema,
} from './jobs.ts';
export type * from './jobs.ts';
export type * from './ports/queue.ts';
export type * from './ports/ledger.ts';
export type * from './ports/outside-tools.ts';
export { wireFamilies } from './wire-route.ts';
export type * from './wire-route.ts';
export { wireRoutes } from './wire-routes.ts';
export { openaiErrorSchema } from './wire-openai-parts.ts';
export {
  openaiChatMessageSchema,
  openaiChatRequestSchema,
  openaiCompletionRequestSchema,
  openaiEmbeddingRequestSchema,
  openaiRoutes,
  openaiUsageSchema,
  type OpenaiChatMessage,
  type OpenaiChatRequest,
  type OpenaiCompletionRequest,
  type OpenaiEmbeddingRequest,
  type OpenaiUsage,
} from './wire-openai.ts';
export {
  openaiResponseRequestSchema,
  openaiResponseSchema,
  type OpenaiInputItem,
  type OpenaiOutputItem,
  type OpenaiResponse,
  type OpenaiResponseRequest,
} from './wire-openai-responses.ts';
export {
  anthropicCountSchema,
  anthropicErrorSchema,
  anthropicMessageSchema,
  anthropicRequestSchema,
  anthropicRoutes,
  anthropicToolSchema,
  type AnthropicAnswer,
  type AnthropicBlock,
  type AnthropicCount,
  type AnthropicMessage,
  type AnthropicRequest,
  type AnthropicTool,
  type AnthropicUsage,
} from './wire-anthropic.ts';
export {
  ollamaChatSchema,
  ollamaEmbedSchema,
  ollamaEmbeddingsSchema,
  ollamaErrorSchema,
  ollamaGenerateSchema,
  ollamaPullSchema,
  ollamaRoutes,
  ollamaShowSchema,
  type OllamaChat,
  type OllamaChatAnswer,
  type OllamaEmbed,
  type OllamaEmbeddings,
  type OllamaGenerate,
  type OllamaListed,
  type OllamaMessage,
  type OllamaOptions,
  type OllamaPull,
  type OllamaShow,
} from './wire-ollama.ts';
export {
  llamacppCompletionSchema,
  llamacppDetokenizeSchema,
  llamacppErrorSchema,
  llamacppInfillSchema,
  llamacppRerankSchema,
  llamacppRoutes,
  llamacppTokenizeSchema,
  type LlamacppAnswer,
  type LlamacppCompletion,
  type LlamacppDetokenize,
  type LlamacppInfill,
  type LlamacppRerank,
  type LlamacppTimings,
  type LlamacppTokenize,
} from './wire-llamacpp.ts';
