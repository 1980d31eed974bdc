// A model process for tests: the real one, with a gate that grants small chunks at once, two file names that it cannot bear, and one that
// ends it as a bad driver would, as long as it may use a GPU.
import type { ToModelProcess } from './llama-protocol.ts';
import { parseModelProcessArguments } from './model-process-arguments.ts';
import { runModelProcess } from './model-process.ts';

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

const settings = parseModelProcessArguments(process.argv.slice(2));
const gpu = settings.gpu === 'auto' && process.env['NOOTROPIC_TEST_GPU'] === '1';

runModelProcess({
  settings: { ...settings, gpu: false },
  createGate: () => ({
    acquire: async (unit) => ({
      tokens: Math.min(unit.tokens, unit.kind === 'decode' ? 4 : 64),
      release: () => undefined,
    }),
  }),
  channel: {
    send: (message) => void process.send?.(message.type === 'ready' && gpu ? { ...message, gpu: 'vulkan' } : message),
    onMessage: (listener) =>
      void process.on('message', (raw) => {
        const message = raw as ToModelProcess;
        if (message.type === 'load' && message.load.path.endsWith('please-crash.gguf')) process.abort();
        if (message.type === 'load' && message.load.path.endsWith('please-stall.gguf')) for (;;) Math.random();
        if (message.type === 'load' && message.load.path.endsWith('please-crash-on-gpu.gguf') && gpu) process.abort();
        listener(message);
      }),
  },
});
