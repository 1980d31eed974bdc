export { createBuiltinEmbedder, type BuiltinEmbedderOptions } from './builtin-embedder.ts';
export { defaultOllamaUrl, formatModelRef, isLoopback, parseModelRef, type ModelRef } from './model-ref.ts';
export type { CheckedModel } from './model-store-import.ts';
export { createModelStore, type ModelStoreOptions } from './model-store.ts';
export { createOllamaRuntime, type OllamaRuntimeOptions } from './ollama-runtime.ts';
export { createOpenaiRuntime, type OpenaiRuntimeOptions } from './openai-runtime.ts';
export type { ServerTimeouts } from './server-watch.ts';
export { checkGguf, type CheckGgufOptions, type GgufSummary } from './gguf-check.ts';
export { createLlamaRuntime, type LlamaRuntimeOptions, type MeasuredUse } from './llama-runtime.ts';
export type { LlamaProcessLimits } from './llama-process.ts';
export { runDamageGate, type DamageGateOptions, type DamageGateResult } from './gguf-damage-gate.ts';
export { runModelProcess, type ModelProcessOptions } from './model-process.ts';
export { parseModelProcessArguments } from './model-process-arguments.ts';
export { sizeOfStates } from './model-process-states.ts';
export type { ModelProcessChannel, ToModelProcess } from './llama-protocol.ts';
export {
  catalogueCandidates,
  catalogueHeader,
  catalogueSchema,
  loadCatalogue,
  type Catalogue,
  type CatalogueCandidate,
  type CatalogueEntry,
} from './catalogue.ts';
export type { CatalogueQuantisation, CatalogueShape } from './catalogue-shape.ts';
export { createHuggingfaceFetch, type HuggingfaceFetchOptions } from './huggingface-fetch.ts';
export { createHuggingfaceSource, type HuggingfaceSourceOptions } from './huggingface-source.ts';
export { findLocalModels, type LocalModelsOptions } from './local-model-files.ts';
export { runDownloadKillGate, type DownloadKillOptions, type DownloadKillReport } from './model-download-kill-gate.ts';
export { createNetworkFetch, type NetworkFetchOptions } from './network-fetch.ts';
export { createOllamaRegistrySource, type OllamaRegistryOptions } from './ollama-registry.ts';
export {
  cloudModels,
  cloudPrice,
  cloudProviders,
  cloudSchemes,
  type CloudModel,
  type CloudPrice,
  type CloudProvider,
  type CloudScheme,
} from './cloud-models.ts';
export { createCloudRuntime, type CloudRuntimeOptions } from './cloud-runtime.ts';
export type { ServerRetry } from './server-guard.ts';
export { rowsOf } from './builtin-rows.ts';
export { visitSubTokens } from './builtin-tokens.ts';
export { createBuiltinVectors, type BuiltinVectors } from './builtin-vectors.ts';
export { readBuiltinWeights, writeBuiltinWeights } from './builtin-weights.ts';
