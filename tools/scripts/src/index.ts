export { closingLine, sumCounts, type TestCounts } from './closing-line.ts';
export { holds, runGate, type Gate, type GateOutcome, type GateResult } from './gate.ts';
