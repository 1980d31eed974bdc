import { statSync } from 'node:fs';
import { getLlama, GgmlType, GgufInsights, LlamaLogLevel, readGgufFileInfo } from 'node-llama-cpp';
import type { MemoryEstimate } from '@nootropic/contracts';
import type { MemoryShape } from './memory-shapes.ts';

/** What others would say that a model takes, in bytes. */
export interface PeerEstimates extends AsyncDisposable {
  /** node-llama-cpp's own (`GgufInsights`), which simulates the load. */
  library(path: string, shape: MemoryShape): Promise<number>;
}

export async function openPeerEstimates(): Promise<PeerEstimates> {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.error,
  });
  return {
    async library(path, { contextLength, sequences = 1, kvType, role }) {
      const insights = await GgufInsights.from(await readGgufFileInfo(path), llama);
      const embeds = role === 'embedding';
      const model = await insights.estimateModelResourceRequirementsV2({ gpuLayers: 0, useMmap: true });
      const type = kvType === undefined ? undefined : GgmlType[kvType.toUpperCase() as 'Q8_0'];
      const context = await insights.estimateContextResourceRequirementsV2({
        contextSize: contextLength,
        sequences,
        isEmbeddingContext: embeds,
        modelGpuLayers: 0,
        batchSize: embeds ? contextLength : Math.min(512, contextLength),
        flashAttention: type === undefined ? 'auto' : true,
        ...(type !== undefined && { kvCacheKeyType: type, kvCacheValueType: type }),
      });
      return model.cpuRam + context.cpuRam;
    },
    [Symbol.asyncDispose]: () => llama.dispose(),
  };
}

/** The rule of thumb of many programs: the file, and keys and values. */
export function fileAndCache(path: string, { kvCache }: MemoryEstimate): number {
  return statSync(path).size + kvCache;
}
