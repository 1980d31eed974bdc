import * as fs from 'node:fs/promises';
import { resolve } from 'node:path';
import { tinyEmbeddingGguf, tinyGguf } from '@nootropic/testing';

export interface TinyGgufExecutorOptions {
  readonly kind?: 'chat' | 'embedding' | 'all';
  /** Folder, relative to the workspace. */
  readonly out?: string;
}

/** What Nx tells an executor, as far as this one listens. */
export interface ExecutorPlace {
  /** Absolute path of the workspace. */
  readonly root: string;
}

/** The Nx executor `tiny-gguf`: writes the tiny models where they are missing, and prints the absolute path of each on a line of its own. */
export async function runTinyGguf(
  options: TinyGgufExecutorOptions,
  place: ExecutorPlace,
  print: (line: string) => unknown = (line) => process.stdout.write(`${line}\n`),
): Promise<{ success: boolean }> {
  const kind = options.kind ?? 'chat';
  const file = { fs, dir: resolve(place.root, options.out ?? 'node_modules/.cache/nootropic') };
  if (kind !== 'embedding') print(await tinyGguf(file));
  if (kind !== 'chat') print(await tinyEmbeddingGguf(file));
  return { success: true };
}
