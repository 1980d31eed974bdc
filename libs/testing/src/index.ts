export { tinyEmbeddingGgufBytes, tinyGgufBytes, tinyRerankerGgufBytes, type TinyGgufOptions } from './tiny-gguf.ts';
export {
  tinyEmbeddingGguf,
  tinyGguf,
  tinyRerankerGguf,
  type FileWriter,
  type TinyGgufPlace,
} from './tiny-gguf-file.ts';
export { toHalf, writeGguf, type GgufContent, type GgufTensor } from './gguf-writer.ts';
export { type GgufArray, type GgufTensorType, type GgufValue, type GgufValueType } from './gguf-format.ts';
export { createSeededRandom } from './seeded-random.ts';
export {
  obedientAnswer,
  scriptedDimensions,
  sentImages,
  startScriptedServer,
  type HttpModule,
  type RecordedRequest,
  type ScriptedAnswer,
  type ScriptedServer,
  type ScriptedServerOptions,
  type SentImage,
  type ServerFault,
} from './scripted-model-server.ts';
export { createFakeParser } from './fake-parser.ts';
export { describeParserContract } from './parser-contract.ts';
export {
  fromHalf,
  readGguf,
  readTensor,
  type GgufField,
  type GgufFile,
  type GgufPlain,
  type GgufTensorInfo,
} from './gguf-reader.ts';
export { damageGguf } from './damage-gguf.ts';
export { createMemorySessionLog } from './fake-session-log.ts';
export { describeSessionLogContract } from './session-log-contract.ts';
export {
  createRecordingTelemetry,
  type RecordedLine,
  type RecordedMeasurement,
  type RecordedSpan,
  type RecordingTelemetry,
} from './fake-telemetry.ts';
export { describeTelemetryContract, type TelemetrySubject } from './telemetry-contract.ts';
export { createSimulatedMachine, type SimulatedMachine } from './fake-machine.ts';
export { describeMachineContract } from './machine-contract.ts';
export {
  createScriptedModel,
  type ScriptStep,
  type ScriptedCall,
  type ScriptedModel,
  type ScriptedModelOptions,
  type ScriptedReply,
} from './fake-model.ts';
export { describeModelContract, onePixelImages, type ModelContractOptions } from './model-contract.ts';
export { createMemoryFiles, type MemoryFiles, type MemoryFilesOptions } from './fake-files.ts';
export { describeFilesContract, type FilesSubject } from './files-contract.ts';
export { createFakeRunner, type FakeProgram, type FakeProgramResult, type FakeRunnerOptions } from './fake-runner.ts';
export { describeRunnerContract, type RunnerSubject } from './runner-contract.ts';
export { createMemorySearchIndex } from './fake-search-index.ts';
export { describeSearchIndexContract, sketchFile, type SourceSketch } from './search-index-contract.ts';
export {
  shapedPresets,
  shapedTensors,
  shapedWords,
  type ShapedArchitecture,
  type ShapedModel,
  type ShapedQuantisation,
} from './shaped-gguf.ts';
export { shapedGguf, type ShapedGgufPlace, type StreamWriter } from './shaped-gguf-file.ts';
export {
  startDownloadServer,
  type DownloadAnswer,
  type DownloadHttp,
  type DownloadRequest,
  type DownloadServer,
  type DownloadServerOptions,
} from './download-server.ts';
export { createTinyTokenizer, type TinyTokenizer } from './tiny-tokenizer.ts';
export { encodeTiny, renderTinyPrompt } from './tiny-prompt.ts';
export { scriptedHabits, type ScriptedServerKind, type ServerHabits } from './scripted-server-habits.ts';
export { createMemoryResponseCache, type MemoryResponseCacheOptions } from './fake-response-cache.ts';
export { describeResponseCacheContract } from './response-cache-contract.ts';
export { createMemorySecrets, type MemorySecretsOptions } from './fake-secrets.ts';
export { describeSecretsContract, type SecretsSubject } from './secrets-contract.ts';
export { createMemoryUsageLog } from './fake-usage-log.ts';
export { describeUsageLogContract } from './usage-log-contract.ts';
export { createMemoryContextStore, type MemoryContextStoreOptions } from './fake-context-store.ts';
export { describeContextStoreContract } from './context-store-contract.ts';
export { createMemoryHistory, type ScriptedChange } from './fake-history.ts';
export { describeHistoryContract, historyScript, type HistorySubject } from './history-contract.ts';
export { createMemoryTrust, type MemoryTrustOptions } from './fake-trust.ts';
export { describeTrustContract, type TrustSubject } from './trust-contract.ts';
export { createPlainShellParser } from './fake-shell-parser.ts';
export { describeShellParserContract } from './shell-parser-contract.ts';
export { createMemoryReflexion, type MemoryReflexionOptions } from './fake-reflexion.ts';
export { describeReflexionContract, type ReflexionSubject } from './reflexion-contract.ts';
export { createMemoryCustomizations, type MemoryCustomizationsOptions } from './fake-customizations.ts';
export {
  customizationsSample,
  describeCustomizationsContract,
  type CustomizationsSubject,
} from './customizations-contract.ts';
export { createFakeJournal, type FakeJournalOptions } from './fake-journal.ts';
export { describeJournalContract, type JournalSubject } from './journal-contract.ts';
export {
  createFakeGateway,
  type FakeGateway,
  type FakeGatewayAnswer,
  type FakeGatewayCall,
  type FakeGatewayCaller,
  type FakeGatewayModel,
  type FakeGatewayOptions,
} from './fake-gateway.ts';
export { createMemoryQueue, type MemoryQueueOptions } from './fake-queue.ts';
export { describeQueueContract, type QueueSubject } from './queue-contract.ts';
export { createMemoryEgressLedger, type MemoryEgressLedger } from './fake-egress-ledger.ts';
export { describeEgressLedgerContract } from './egress-ledger-contract.ts';
export { createMemoryAuditLog } from './fake-audit-log.ts';
export { describeAuditLogContract } from './audit-log-contract.ts';
export { agentTraces, type AgentTrace, type AgentTraceOptions } from './agent-traces.ts';
export { describeAssistantContract, type AssistantSubject } from './assistant-contract.ts';
export { createFakeOutsideTools, type FakeOutsideTool } from './fake-outside-tools.ts';
export { describeOutsideToolsContract, type OutsideToolsSubject } from './outside-tools-contract.ts';
