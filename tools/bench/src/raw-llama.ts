import { getLlama, LlamaCompletion, LlamaLogLevel } from 'node-llama-cpp';
import { timed, type TimedAnswer } from './timed-answer.ts';

export interface RawLlamaOptions {
  readonly model: string;
  readonly threads: number;
  readonly context: number;
}

/** node-llama-cpp as it is used without anything around it, in this process. */
export interface RawLlama extends AsyncDisposable {
  /** Times a greedy completion of this text, as far as it came before the signal fired. */
  complete(text: string, options: { maxTokens: number; signal?: AbortSignal }): Promise<TimedAnswer>;
}

export async function openRawLlama({ model: path, threads, context }: RawLlamaOptions): Promise<RawLlama> {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    maxThreads: threads,
    logLevel: LlamaLogLevel.error,
  });
  const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
  const native = await model.createContext({ contextSize: context, threads, batchSize: 512 });
  const sequence = native.getSequence();
  const completion = new LlamaCompletion({ contextSequence: sequence });
  return {
    async complete(text, { maxTokens, signal }) {
      const prompt = model.tokenize(text, true);
      const before = sequence.tokenMeter.usedOutputTokens;
      const start = performance.now();
      let firstMs = Number.NaN;
      const answer = await completion.generateCompletion(prompt, {
        maxTokens,
        temperature: 0,
        ...(signal && { signal, stopOnAbortSignal: true }),
        onTextChunk: () => {
          if (Number.isNaN(firstMs)) firstMs = performance.now() - start;
        },
      });
      // Counted where they are made: a token need not have a text of its own.
      const written = sequence.tokenMeter.usedOutputTokens - before;
      return timed({ start, firstMs, tokens: { read: prompt.length, reused: 0, written }, text: answer });
    },
    async [Symbol.asyncDispose]() {
      completion.dispose();
      await native.dispose();
      await model.dispose();
      await llama.dispose();
    },
  };
}
