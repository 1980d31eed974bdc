export { tinyEmbeddingGgufBytes, tinyGgufBytes, type TinyGgufOptions } from './tiny-gguf.ts';
export { tinyEmbeddingGguf, tinyGguf, type FileWriter, type TinyGgufPlace } from './tiny-gguf-file.ts';
export { toHalf, writeGguf, type GgufContent, type GgufTensor } from './gguf-writer.ts';
export { type GgufArray, type GgufTensorType, type GgufValue, type GgufValueType } from './gguf-format.ts';
export { createSeededRandom } from './seeded-random.ts';
export {
  obedientAnswer,
  scriptedDimensions,
  startScriptedServer,
  type HttpModule,
  type RecordedRequest,
  type ScriptedAnswer,
  type ScriptedServer,
  type ScriptedServerOptions,
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
export { describeModelContract, type ModelContractOptions } from './model-contract.ts';
export { createMemoryFiles, type MemoryFiles, type MemoryFilesOptions } from './fake-files.ts';
export { describeFilesContract, type FilesSubject } from './files-contract.ts';
export { createFakeRunner, type FakeProgram, type FakeProgramResult } from './fake-runner.ts';
export { describeRunnerContract, type RunnerSubject } from './runner-contract.ts';
export { createMemorySearchIndex } from './fake-search-index.ts';
export { describeSearchIndexContract, sketchFile, type SourceSketch } from './search-index-contract.ts';
