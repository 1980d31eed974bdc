import type { BenchContext, BenchLine, BenchRow } from './bench-line.ts';
import { fileAndCache, openPeerEstimates, type PeerEstimates } from './memory-peers.ts';
import { describeShape, memoryShapes, type MemoryShape } from './memory-shapes.ts';
import { measureUse } from './memory-use.ts';
import { ratioOf } from './paired-ratio.ts';

/** Percent by which an estimate may miss, and by which it may fall short. */
const bounds = { off: 10, short: 5 };
const mib = 1024 * 1024;

interface ShapeResult {
  readonly shape: MemoryShape;
  readonly used: number;
  readonly resident: number;
  readonly ours: number;
  readonly library: number;
  readonly thumb: number;
}

/** The estimate that is made before a load, against what loading and filling the whole context then took. */
export const memoryLine: BenchLine = {
  name: 'memory',
  async measure(context) {
    const about = {
      what: 'memory estimate before the load, off by, twelve made models',
      peer: "node-llama-cpp's own estimate (GgufInsights)",
      unit: '%',
      better: 'lower',
      target: 0.5,
      anchor: 'GgufInsights -41 % on 1.5B Q4_K_M',
    } as const;
    if (process.platform !== 'linux') return [{ ...about, result: { notMeasured: 'needs the /proc of Linux' } }];
    await using peers = await openPeerEstimates();
    const results: ShapeResult[] = [];
    // Filling the longest contexts takes minutes.
    const shapes = context.quick ? memoryShapes.filter(({ model }) => model.vocabulary <= 32_000) : memoryShapes;
    for (const shape of shapes) {
      context.signal.throwIfAborted();
      const result = await measureShape(shape, context, peers);
      context.say(textOf(result));
      results.push(result);
    }
    return [{ ...about, ...rowOf(results) }];
  },
};

async function measureShape(shape: MemoryShape, context: BenchContext, peers: PeerEstimates): Promise<ShapeResult> {
  const { place, signal } = context;
  const path = await place.model(shape.model);
  const { estimate, used, resident } = await measureUse(
    { model: path, tiny: await place.model('tiny') },
    shape,
    signal,
  );
  const library = await peers.library(path, shape);
  return { shape, used, resident, ours: estimate.total, library, thumb: fileAndCache(path, estimate) };
}

function rowOf(results: readonly ShapeResult[]): Pick<BenchRow, 'result' | 'extras'> {
  const errors = (of: 'ours' | 'library' | 'thumb'): number[] =>
    results.map((result) => percent(result[of], result.used));
  const farthest = (of: 'ours' | 'library' | 'thumb'): number => Math.max(...errors(of).map(Math.abs));
  const ours = farthest('ours');
  const shortest = Math.min(...errors('ours'));
  // Off by nothing at all would leave nothing to divide by.
  const pairs = results.map(({ used, ours: own, library }) => ({
    subject: Math.max(0.1, Math.abs(percent(own, used))),
    peer: Math.max(0.1, Math.abs(percent(library, used))),
  }));
  return {
    result: ratioOf(pairs),
    extras: [
      { text: `farthest off ${ours.toFixed(1)} % (at most ${bounds.off} %)`, holds: ours <= bounds.off },
      {
        text: `most too little ${Math.max(0, -shortest).toFixed(1)} % (at most ${bounds.short} %)`,
        holds: shortest >= -bounds.short,
      },
      {
        text: `farthest off: GgufInsights ${farthest('library').toFixed(0)} %, file size + keys and values ${farthest('thumb').toFixed(0)} %`,
      },
      ...results.map((result) => ({ text: textOf(result) })),
    ],
  };
}

function textOf({ shape, used, resident, ours, library, thumb }: ShapeResult): string {
  const each = (bytes: number): string => `${signed(percent(bytes, used))} %`;
  const extra = resident > used * 1.01 ? `, with pages of the file that are not needed ${inMib(resident)}` : '';
  return `${describeShape(shape)}: used ${inMib(used)} MiB${extra}; estimate ${each(ours)}, GgufInsights ${each(library)}, file + cache ${each(thumb)}`;
}

function percent(estimate: number, used: number): number {
  return (100 * (estimate - used)) / used;
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${value.toFixed(1)}`;
}

function inMib(bytes: number): string {
  return (bytes / mib).toFixed(0);
}
