export { createSqliteQueue, type SqliteQueueOptions } from './sqlite-queue.ts';
export { createBullmqQueue, type BullmqQueueOptions } from './bullmq-queue.ts';
export { runQueueKillGate, type QueueKillGateResult } from './queue-kill-gate.ts';
