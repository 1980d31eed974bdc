export interface Device {
  readonly kind: 'cpu' | 'gpu';
  readonly name: string;
  readonly memoryTotal: number;
  readonly memoryFree: number;
}

/** A reading of the machine. Bytes and fractions; a number that cannot be had is `undefined`, never guessed. */
export interface MachineState {
  readonly memoryTotal: number;
  /** What programs can still take without swapping. Honours a memory limit of the process group where there is one. */
  readonly memoryAvailable: number;
  readonly cores: number;
  /** Cores not busy at this moment, at least 0. */
  readonly coresFree: number;
  /** Share of the last 10 seconds in which some work waited for memory, 0 to 1 (Linux PSI). */
  readonly memoryPressure?: number;
  readonly power: 'mains' | 'battery' | 'unknown';
  readonly devices: readonly Device[];
}

/** This machine, or a simulated one. Reading is cheap (no subprocess) and never fails. */
export interface Machine {
  read(): Promise<MachineState>;
}
