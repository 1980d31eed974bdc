import { checkGguf } from './gguf-check.ts';
import { createModelStore } from './model-store.ts';

/** The process that the kill gate ends: pulls one file into a store, says so and ends. */
const [dir = '', url = '', sha256 = '', bytes = ''] = process.argv.slice(2);
const store = createModelStore({ dir, checkGguf, retryMs: 20, freeBytes: async () => Infinity });
const model = await store.pull({
  ref: `hf:gate/model/model.gguf@${sha256.slice(0, 40)}`,
  name: 'model',
  files: [{ name: 'model.gguf', url, bytes: Number(bytes), sha256 }],
});
process.stdout.write(`${model.path}\n`);
