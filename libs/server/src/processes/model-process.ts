import { parseModelProcessArguments, runModelProcess, type ToModelProcess } from '@nootropic/model';
import { watchSockets } from '@nootropic/observability/socket-watch';
import { createStepLoop } from '@nootropic/scheduler';

// Without its parent this process has nothing to do and nothing to save; a plain exit would wait for native threads.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C reaches the whole group: the parent decides what ends.
process.on('SIGINT', () => undefined);

// What it writes of conversations is for the user only.
process.umask(0o077);

// A model is a file: whatever runs here reaches no network.
watchSockets({
  program: 'model',
  refuse: 'never',
  record: ({ host }) => process.send?.({ type: 'log', level: 'warn', message: `It was kept from reaching ${host}.` }),
});

runModelProcess({
  settings: parseModelProcessArguments(process.argv.slice(2)),
  createGate: ({ together }) => createStepLoop({ clock: performance, together }),
  channel: {
    send: (message) => void process.send?.(message),
    onMessage: (listener) => void process.on('message', (message) => listener(message as ToModelProcess)),
  },
});
