import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { GgufHeader, LoadOptions, MemoryEstimate } from '@nootropic/contracts';
import type { MeasuredUse } from '@nootropic/model';
import { createMemoryCorrections, estimateGgufMemory, type MemoryCorrectionsState } from '@nootropic/scheduler';

const worthLearning = 256 * 2 ** 20;

/** Estimates of memory that get better with each model that was used here. */
export interface MemoryLessons {
  estimate(header: GgufHeader, options: LoadOptions): MemoryEstimate;
  learn(seen: MeasuredUse): void;
}

/** @param file where the lessons are kept; one that cannot be read or written costs nothing but the lessons. */
export function createMemoryLessons(file: string): MemoryLessons {
  const corrections = createMemoryCorrections(readLessons(file));
  return {
    estimate: (header, options) => corrections.apply(estimateGgufMemory(header, options), keyOf(header)),
    learn({ summary: { header }, options, anonymous }) {
      const estimate = estimateGgufMemory(header, options);
      // Of a small model most is what the process itself takes, and that says nothing of a large one.
      if (estimate.total < worthLearning) return;
      corrections.observe({ ...keyOf(header), estimate, measured: anonymous + estimate.weights });
      try {
        writeFileSync(`${file}.part`, JSON.stringify(corrections.state()), { mode: 0o600 });
        renameSync(`${file}.part`, file);
      } catch {
        // Learned for this process only.
      }
    },
  };
}

/** The type that most of the numbers have; only what runs on the processor is measured. */
function keyOf({ architecture, tensors = [] }: GgufHeader) {
  const numbers = new Map<string, number>();
  for (const tensor of tensors) numbers.set(tensor.type, (numbers.get(tensor.type) ?? 0) + tensor.numbers);
  const [quantisation] = [...numbers].reduce((most, each) => (each[1] > most[1] ? each : most), ['', 0]);
  return { architecture, quantisation, backend: 'cpu' };
}

function readLessons(file: string): MemoryCorrectionsState | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as MemoryCorrectionsState;
  } catch {
    return undefined;
  }
}
