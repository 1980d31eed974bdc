import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getLlama, LlamaCompletion, type Llama } from 'node-llama-cpp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkGguf } from '@nootropic/model';
import { shapedGguf, shapedWords, type ShapedModel } from '@nootropic/testing';

let dir = '';
let llama: Llama;
beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'shaped-gguf-'));
  llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: 1 });
});
afterAll(async () => {
  await llama.dispose();
  await fs.rm(dir, { recursive: true, force: true, maxRetries: 3 });
});

const base = {
  name: 'small',
  layers: 2,
  width: 256,
  hidden: 512,
  heads: 4,
  keyValueHeads: 2,
  vocabulary: 2048,
  contextLength: 2048,
} as const;
const shapes: ShapedModel[] = [
  { ...base, architecture: 'qwen2', quantisation: 'Q4_K_M' },
  { ...base, architecture: 'qwen2', quantisation: 'Q4_0', width: 160, heads: 5, keyValueHeads: 1 },
  { ...base, architecture: 'llama', quantisation: 'Q8_0', tied: false },
  { ...base, architecture: 'qwen3', quantisation: 'F16', headWidth: 32 },
  { ...base, architecture: 'gemma3', quantisation: 'Q8_0', layers: 6, slidingWindow: 64 },
];

it.each(shapes)(
  '$architecture, $quantisation: passes the check, loads, counts its words as tokens, and writes on',
  async (shape) => {
    const path = await shapedGguf({ fs, dir }, shape);
    const { bytes, architecture } = await checkGguf(path);
    expect(bytes).toBe((await fs.stat(path)).size);
    expect(architecture).toBe(shape.architecture);
    const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
    const text = shapedWords(shape.vocabulary, 40, 5);
    expect(model.tokenize(text)).toHaveLength(40);
    expect(model.tokenize('<|im_start|>user\n', true)).toHaveLength(3);
    expect(model.tokenize('<|im_start|>assistant\n', true)).toHaveLength(3);
    const context = await model.createContext({ contextSize: 256, threads: 1 });
    const completion = new LlamaCompletion({ contextSequence: context.getSequence() });
    const answer = await completion.generateCompletion(text, { maxTokens: 16, temperature: 0 });
    expect(answer.length).toBeGreaterThan(20);
    await context.dispose();
    await model.dispose();
  },
);
