/** What a counted property came to. It holds when everything asked for was run and nothing failed. */
export interface GateResult {
  readonly asked: number;
  readonly run: number;
  readonly failed: number;
}

export interface Gate {
  readonly name: string;
  /** What must hold, in one sentence. */
  readonly property: string;
  /** How many times at full size. */
  readonly count: number;
  run(count: number, seed: number): Promise<GateResult>;
}

export interface GateOutcome extends GateResult {
  readonly name: string;
  readonly property: string;
  readonly seed: number;
  readonly seconds: number;
  /** Why the gate could not be run to its end; absent where it was. */
  readonly error?: string;
}

export function holds(outcome: GateOutcome): boolean {
  return outcome.error === undefined && outcome.asked > 0 && outcome.run === outcome.asked && outcome.failed === 0;
}

/** Runs one gate. `asked` is what was asked of it here, whatever its report says; a throw is an outcome that does not hold. */
export async function runGate(gate: Gate, seed: number, count = gate.count): Promise<GateOutcome> {
  const start = performance.now();
  const end = (result: Omit<GateResult, 'asked'>, error?: string): GateOutcome => ({
    name: gate.name,
    property: gate.property,
    seed,
    asked: count,
    run: result.run,
    failed: result.failed,
    seconds: Math.round((performance.now() - start) / 100) / 10,
    ...(error === undefined ? {} : { error }),
  });
  try {
    const result = await gate.run(count, seed);
    return end(result, result.asked === count ? undefined : `it counted ${result.asked} as asked for`);
  } catch (error) {
    return end({ run: 0, failed: 0 }, error instanceof Error ? error.message : String(error));
  }
}
