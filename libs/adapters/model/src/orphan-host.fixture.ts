// A host for tests: loads a model, generates without end, and prints the number of its model process.
import { spawn } from 'node:child_process';
import { createLlamaRuntime } from './llama-runtime.ts';

const [processEntry = '', path = ''] = process.argv.slice(2);
let child = 0;
const runtime = createLlamaRuntime({
  processEntry,
  estimateMemory: () => ({ weights: 0, repack: 0, kvCache: 0, compute: 0, total: 0, gpu: 0 }),
  spawn: (command, args, options) => {
    const started = spawn(command, args, options);
    child = started.pid ?? 0;
    return started;
  },
});
const model = await runtime.load(`file:${path}`);
let said = false;
for (;;) {
  for await (const event of model.generate({ messages: [{ role: 'user', content: 'hi' }], maxTokens: 3_000 })) {
    if (event.type === 'text' && !said) {
      said = true;
      process.stdout.write(`${child}\n`);
    }
  }
}
