export {
  createAdmission,
  type Admission,
  type AdmissionLimits,
  type AdmissionOptions,
  type AdmissionTicket,
  type AdmissionView,
} from './admission.ts';
export type { Clock } from './clock.ts';
export { estimateGgufMemory, kvTypes, type GgufHeader, type GgufMemoryOptions, type KvType } from './gguf-memory.ts';
export {
  createMemoryLedger,
  type MemoryFit,
  type MemoryLedger,
  type MemoryLedgerOptions,
  type MemoryRequest,
  type MemoryReservation,
} from './memory-ledger.ts';
export { admitModel, scheduleModel } from './schedule-model.ts';
export { createStepLoop, type StepLoop, type StepLoopOptions, type StepLoopView } from './step-loop.ts';
export { classDeadlines } from './work-order.ts';
