import type { Machine, MachineState } from '@nootropic/contracts';

export interface SimulatedMachine extends Machine {
  /** Changes what the next reading says; what is left out stays. */
  set(change: Partial<MachineState>): void;
}

const gibibyte = 2 ** 30;

/** A machine that says what a test wants. Default: 8 free cores, 16 GiB of which 12 are free, on mains, no device but the CPU. */
export function createSimulatedMachine(state: Partial<MachineState> = {}): SimulatedMachine {
  let current: MachineState = {
    memoryTotal: 16 * gibibyte,
    memoryAvailable: 12 * gibibyte,
    cores: 8,
    coresFree: 8,
    power: 'mains',
    devices: [{ kind: 'cpu', name: 'simulated', memoryTotal: 16 * gibibyte, memoryFree: 12 * gibibyte }],
    ...state,
  };
  return {
    read: () => Promise.resolve(structuredClone(current)),
    set(change) {
      current = { ...current, ...change };
    },
  };
}
