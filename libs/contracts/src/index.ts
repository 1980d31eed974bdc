export { exitCodes, errorTable, NootropicError, type ErrorBody, type ErrorCode, type ExitName } from './errors.ts';
export {
  attachmentSchema,
  messageSchema,
  toolCallSchema,
  type Attachment,
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
