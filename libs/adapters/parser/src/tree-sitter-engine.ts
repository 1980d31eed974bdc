import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { NootropicError } from '@nootropic/contracts';

export type TreeSitter = typeof import('web-tree-sitter');

/**
 * The one start of the engine. web-tree-sitter keeps its WebAssembly module in a variable of its own, one per process,
 * and two starts at the same time would replace it under the grammars of the first; so this follows the process too.
 */
const starts = new WeakMap<object, Promise<void>>();

/**
 * Starts web-tree-sitter from its WebAssembly file, once per process: a later file is not looked at.
 *
 * @throws `INTERNAL` when the file cannot be read or run.
 */
export async function startTreeSitter(file: string | URL): Promise<TreeSitter> {
  const module = await import('web-tree-sitter');
  let start = starts.get(module.Parser);
  if (!start) {
    // Grammars hold single functions of a megabyte, and V8's optimizing compiler takes half a gigabyte for one of them.
    // Without it, indexing 2,300 Python files peaks at 440 MB instead of 1,050 and takes a third longer.
    for (const flag of ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);
    start = readFile(file).then((wasmBinary) => module.Parser.init({ wasmBinary }));
    starts.set(module.Parser, start);
  }
  try {
    await start;
  } catch (cause) {
    starts.delete(module.Parser);
    throw new NootropicError('INTERNAL', `tree-sitter cannot be started from ${String(file)}.`, { cause });
  }
  return module;
}
