import { createMemoryQueue } from './fake-queue.ts';
import { describeQueueContract } from './queue-contract.ts';

describeQueueContract('createMemoryQueue', ({ random }) => {
  let time = Date.UTC(2026, 0, 1);
  const queue = createMemoryQueue({ random, now: () => time });
  return {
    open: async () => queue,
    now: () => time,
    advance: async (ms) => {
      time += ms;
    },
    [Symbol.asyncDispose]: async () => {},
  };
});
