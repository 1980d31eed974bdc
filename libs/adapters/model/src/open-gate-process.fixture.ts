// A model process for tests: the real one, with a gate that grants small chunks at once, and two file names that it cannot bear.
import type { ToModelProcess } from './llama-protocol.ts';
import { runModelProcess } from './model-process.ts';

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

runModelProcess({
  gpu: false,
  gate: {
    acquire: async (unit) => ({
      tokens: Math.min(unit.tokens, unit.kind === 'decode' ? 4 : 64),
      release: () => undefined,
    }),
  },
  channel: {
    send: (message) => void process.send?.(message),
    onMessage: (listener) =>
      void process.on('message', (raw) => {
        const message = raw as ToModelProcess;
        if (message.type === 'load' && message.load.path.endsWith('please-crash.gguf')) process.abort();
        if (message.type === 'load' && message.load.path.endsWith('please-stall.gguf')) for (;;) Math.random();
        listener(message);
      }),
  },
});
