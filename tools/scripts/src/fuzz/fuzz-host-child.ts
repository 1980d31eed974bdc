import { monitorEventLoopDelay } from 'node:perf_hooks';
import { memoryUsage } from 'node:process';
import { startHost } from '@nootropic/server';

/*
 * The host that is fuzzed, in a process of its own: `fuzz-host-child.ts MODEL`. It tells its parent where it listens, and on each message what it
 * holds in memory.
 */

const [model = ''] = process.argv.slice(2);
const host = await startHost({
  version: 'fuzz',
  port: 0,
  flags: { models: { chat: model }, network: { offline: true } },
});
const stalls = monitorEventLoopDelay({ resolution: 10 });
stalls.enable();
process.send?.({ url: host.url, token: host.token });
process.on('message', (message) => {
  if (message === 'stop') return void host.stop();
  process.send?.({ resident: memoryUsage.rss(), heap: memoryUsage().heapUsed, stall: stalls.max / 1e6 });
  stalls.reset();
});
await host.ended;
process.exit(0);
