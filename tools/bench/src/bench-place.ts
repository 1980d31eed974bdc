import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shapedGguf, type shapedPresets, type ShapedModel } from '@nootropic/testing';
import { workspaceRoot } from './child-run.ts';
import { findLlamaPeer, type LlamaPeer } from './llama-peer.ts';

/** Where models and other programs lie. */
export interface BenchPlace {
  /** Folder of what is made once and kept. */
  readonly cache: string;
  /** Path of the made model of this shape; it is written at the first call. */
  model(shape: keyof typeof shapedPresets | ShapedModel): Promise<string>;
  /** llama.cpp's own programs, or why there are none. Looked for, and built, once. */
  llama(): Promise<LlamaPeer | string>;
  /** An empty folder that is removed with what it holds when it is disposed. */
  folder(): Promise<AsyncDisposable & { readonly path: string }>;
}

export function createBenchPlace(options: { say: (text: string) => void; signal: AbortSignal }): BenchPlace {
  const cache = join(workspaceRoot, 'node_modules/.cache/nootropic');
  let llama: Promise<LlamaPeer | string> | undefined;
  return {
    cache,
    model: (shape) => shapedGguf({ fs, dir: cache }, shape),
    llama: () => (llama ??= findLlamaPeer({ cache, root: workspaceRoot, ...options })),
    async folder() {
      const path = await fs.mkdtemp(join(tmpdir(), 'nootropic-bench-'));
      return {
        path,
        [Symbol.asyncDispose]: () => fs.rm(path, { recursive: true, force: true, maxRetries: 3 }),
      };
    },
  };
}
