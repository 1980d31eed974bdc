export {
  createAdmission,
  type Admission,
  type AdmissionLimits,
  type AdmissionOptions,
  type AdmissionOutcome,
  type AdmissionRequest,
  type AdmissionTicket,
  type AdmissionView,
} from './admission.ts';
export { realTimer, type Clock, type Timer } from './clock.ts';
export type { EvictionPolicy } from './eviction-order.ts';
export { expectedSpeeds, waitingCost, type ExpectedSpeeds } from './expected-speed.ts';
export { estimateGgufMemory, type GgufMemoryOptions } from './gguf-memory.ts';
export {
  createMemoryCorrections,
  type CorrectionKey,
  type MemoryCorrections,
  type MemoryCorrectionsState,
  type MemoryObservation,
} from './memory-corrections.ts';
export {
  createMemoryLedger,
  type MemoryFit,
  type MemoryLedger,
  type MemoryLedgerOptions,
  type MemoryRequest,
  type MemoryReservation,
} from './memory-ledger.ts';
export { planModels, type PlanMachine, type PlanRequest } from './memory-plan.ts';
export { usualCpu, type CpuFeatures } from './memory-repack.ts';
export { usualKeepFree, type KeepFree, type Promised } from './memory-room.ts';
export { type PlanCandidate, type PlanRole } from './memory-rungs.ts';
export {
  watchPressure,
  type PressureLimits,
  type PressureNote,
  type PressureOptions,
  type PressureStep,
  type PressureWatch,
} from './pressure.ts';
export {
  createResidency,
  type ModelLease,
  type Residency,
  type ResidencyOptions,
  type ResidentSpec,
  type ResidentView,
  type Unloaded,
} from './residency.ts';
export { scheduleModel, type ScheduledModelAbout } from './schedule-model.ts';
export type { ExpectedWork, MeasuredSpeeds } from './call-estimate.ts';
export { createStepLoop, type StepLoop, type StepLoopOptions, type StepLoopView } from './step-loop.ts';
export { classDeadlines } from './work-order.ts';
