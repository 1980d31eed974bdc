import type { MemoryEstimate } from '@nootropic/contracts';

/** What estimates of one kind have in common: models of another kind say nothing about these. */
export interface CorrectionKey {
  readonly architecture: string;
  /** As in the file: `Q4_K`. */
  readonly quantisation: string;
  /** What computes: `cpu`, `cuda`, `metal`. */
  readonly backend: string;
}

/** A load that was seen. */
export interface MemoryObservation extends CorrectionKey {
  /** The estimate as it was before any correction. */
  readonly estimate: MemoryEstimate;
  /** Bytes that the model took, once it had computed. */
  readonly measured: number;
}

/** What is kept of the observations: plain JSON. */
export interface MemoryCorrectionsState {
  /** The latest ratios of measured to estimated, oldest first, by architecture, quantisation and backend. */
  readonly ratios: Readonly<Record<string, readonly number[]>>;
}

/** What estimates of memory got wrong here before. */
export interface MemoryCorrections {
  /** Anything that is not a load with two positive numbers is left out. */
  observe(observation: MemoryObservation): void;
  /** What an estimate is multiplied by: 1 where nothing was seen. */
  factor(key: CorrectionKey): number;
  /** The estimate with every part corrected, in whole bytes; the parts still make the total. */
  apply(estimate: MemoryEstimate, key: CorrectionKey): MemoryEstimate;
  state(): MemoryCorrectionsState;
}

/** A ratio beyond these is a fault of the measurement, not of the estimate. */
const bounds = { least: 0.8, most: 1.5 };
/** Enough for a median that one bad load does not move. */
const keptRatios = 9;
const keptKeys = 200;

/**
 * Learns, for each kind of model, by what the measured memory differed from the estimate: the median of the latest nine ratios, each
 * between 0.8 and 1.5, so that one load during which something else took memory does not spoil it. One load is enough to learn from; with
 * few, the higher middle one is taken, since too little is worse than too much. `saved` is what `state` gave before; what is not sound in
 * it is left out.
 */
export function createMemoryCorrections(saved?: MemoryCorrectionsState): MemoryCorrections {
  const ratios = new Map<string, number[]>();
  for (const [key, list] of Object.entries(saved?.ratios ?? {})) {
    if (Array.isArray(list)) ratios.set(key, list.filter(isSound).map(bounded).slice(-keptRatios));
  }
  const factor = (key: CorrectionKey): number => upperMedian(ratios.get(nameOf(key)) ?? []);
  return {
    observe(observation) {
      const ratio = observation.measured / observation.estimate.total;
      if (!isSound(ratio)) return;
      const name = nameOf(observation);
      const list = [...(ratios.get(name) ?? []), bounded(ratio)].slice(-keptRatios);
      // The latest kind goes last, and the one that was not seen for the longest time makes room.
      ratios.delete(name);
      ratios.set(name, list);
      const [oldest] = ratios.keys();
      if (ratios.size > keptKeys && oldest !== undefined) ratios.delete(oldest);
    },
    factor,
    apply(estimate, key) {
      const by = factor(key);
      const scaled = (bytes: number): number => Math.ceil(bytes * by);
      const [weights, repack, kvCache, compute] = [
        scaled(estimate.weights),
        scaled(estimate.repack),
        scaled(estimate.kvCache),
        scaled(estimate.compute),
      ];
      const total = weights + repack + kvCache + compute;
      return { weights, repack, kvCache, compute, total, gpu: Math.min(total, scaled(estimate.gpu)) };
    },
    state: () => ({ ratios: Object.fromEntries([...ratios].map(([key, list]) => [key, [...list]])) }),
  };
}

function nameOf({ architecture, quantisation, backend }: CorrectionKey): string {
  return `${architecture} ${quantisation} ${backend}`;
}

function isSound(ratio: unknown): ratio is number {
  return typeof ratio === 'number' && Number.isFinite(ratio) && ratio > 0;
}

function bounded(ratio: number): number {
  return Math.min(bounds.most, Math.max(bounds.least, ratio));
}

function upperMedian(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 1;
}
