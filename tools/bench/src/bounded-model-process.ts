import { parseModelProcessArguments, runModelProcess, type ToModelProcess } from '@nootropic/model';
import { createStepLoop } from '@nootropic/scheduler';

/*
 * The model process with another bound on how long a unit of work may keep more urgent work waiting, for the curve between waiting and
 * throughput. The runtime starts it in place of the host's own; the last argument is the bound in milliseconds.
 */

const blockingMs = Number(process.argv.at(-1));

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('SIGINT', () => undefined);

runModelProcess({
  settings: parseModelProcessArguments(process.argv.slice(2, -1)),
  createGate: ({ together }) =>
    createStepLoop({ clock: performance, together, blockingMs, idleBlockingMs: blockingMs }),
  channel: {
    send: (message) => void process.send?.(message),
    onMessage: (listener) => void process.on('message', (message) => listener(message as ToModelProcess)),
  },
});
