import type { BenchLine } from './bench-line.ts';
import { busyCoreLine } from './busy-core-line.ts';
import { cancelLine } from './cancel-line.ts';
import { contendedLine } from './contended-line.ts';
import { embeddingLine } from './embedding-line.ts';
import { lookupLine } from './lookup-line.ts';
import { memoryLine } from './memory-line.ts';
import { memoryStormLine } from './memory-storm-line.ts';
import { overheadLine } from './overhead-line.ts';
import { reuseLine } from './reuse-line.ts';
import { decodeLine, prefillLine, rooflineLine } from './speed-lines.ts';
import { traceLine } from './trace-line.ts';

/** What the model process is measured by, all through the runtime that the host wires. */
export const runtimeLines: readonly BenchLine[] = [
  decodeLine,
  rooflineLine,
  prefillLine,
  contendedLine,
  traceLine,
  cancelLine,
  busyCoreLine,
  reuseLine,
  embeddingLine,
  overheadLine,
  lookupLine,
  memoryLine,
  memoryStormLine,
];
