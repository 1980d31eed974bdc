import { availableParallelism } from 'node:os';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchContext, BenchLine, BenchRow } from './bench-line.ts';
import { llamaBench } from './llama-programs.ts';
import {
  benchShape,
  loadModel,
  openRuntime,
  ourWriteSpeed,
  templateTokens,
  textsOf,
  userMessage,
} from './our-runtime.ts';
import { runProgram } from './other-program.ts';
import { readSpeed, timeAnswer } from './timed-answer.ts';

type RowBase = Omit<BenchRow, 'result'>;

/**
 * Threads of the lines that fix them: the cores, at most two, so that the numbers can be compared. One in a quick run, which should end
 * on a busy machine too: there, threads that wait for each other are many times slower.
 */
export function fixedThreads({ quick }: Pick<BenchContext, 'quick'>): number {
  return quick ? 1 : Math.min(2, availableParallelism());
}

/** `2 threads`. */
export function threadsText(threads: number): string {
  return threads === 1 ? '1 thread' : `${threads} threads`;
}

const decodeTargets: Readonly<Record<number, { target: number; anchor: string }>> = {
  1: { target: 0.97, anchor: 'node-llama-cpp alone 0.75 to 0.99' },
  2: { target: 0.92, anchor: 'node-llama-cpp alone 0.35 to 0.80' },
};

export const decodeLine: BenchLine = {
  name: 'decode',
  async measure(context) {
    const rows: BenchRow[] = [];
    for (const threads of new Set([1, fixedThreads(context)])) rows.push(await decodeRow(context, threads));
    return rows;
  },
};

async function decodeRow(context: BenchContext, threads: number): Promise<BenchRow> {
  const { place, signal, pairs, quick } = context;
  const row: RowBase = {
    what: `generation, ${threadsText(threads)}`,
    peer: 'llama-bench -n',
    unit: 'tok/s',
    better: 'higher',
    ...decodeTargets[threads],
  };
  const peer = await place.llama();
  if (typeof peer === 'string') return { ...row, result: { notMeasured: `no peer: ${peer}` } };
  const shape = benchShape(context);
  const path = await place.model(shape);
  const texts = textsOf(shape, threads);
  const tokens = quick ? 32 : 96;
  await using runtime = openRuntime();
  await using model = await loadModel(runtime, path, { threads, contextLength: 1024 });
  const ours = (): Promise<number> => ourWriteSpeed(model, { text: texts(16), tokens, signal });
  const result = await pairs(ours, () => llamaBench(peer, { model: path, threads, generate: tokens, signal }));
  return { ...row, result };
}

export const prefillLine: BenchLine = {
  name: 'prefill',
  async measure(context) {
    const { place, signal, pairs, quick } = context;
    const threads = fixedThreads(context);
    const tokens = quick ? 128 : 512;
    const row: RowBase = {
      what: `reading a prompt of ${tokens} tokens, in chunks, ${threadsText(threads)}`,
      peer: 'llama-bench -p',
      unit: 'tok/s',
      better: 'higher',
      target: 0.95,
      anchor: 'node-llama-cpp alone 0.95 to 1.0',
    };
    const peer = await place.llama();
    if (typeof peer === 'string') return [{ ...row, result: { notMeasured: `no peer: ${peer}` } }];
    const shape = benchShape(context);
    const path = await place.model(shape);
    const texts = textsOf(shape, 3);
    await using runtime = openRuntime();
    await using model = await loadModel(runtime, path, { threads, contextLength: 2048 });
    const ours = async (): Promise<number> =>
      readSpeed(
        await timeAnswer(model, { messages: [userMessage(texts(tokens - templateTokens))], maxTokens: 1 }, { signal }),
      );
    return [
      { ...row, result: await pairs(ours, () => llamaBench(peer, { model: path, threads, prompt: tokens, signal })) },
    ];
  },
};

export const rooflineLine: BenchLine = {
  name: 'roofline',
  async measure(context) {
    const { place, signal, pairs, quick } = context;
    const threads = fixedThreads(context);
    const row: RowBase = {
      what: `memory read per second while the 1.5B model in Q4_K_M generates, ${threadsText(threads)}`,
      peer: 'as fast as this machine can read its memory',
      unit: 'GB/s',
      better: 'higher',
      target: 0.75,
      anchor: 'llama-bench 0.76 to 0.89',
    };
    if (quick) return [{ ...row, result: { notMeasured: 'too large for a quick run' } }];
    await using folder = await place.folder();
    const program = join(folder.path, 'read-bandwidth');
    try {
      const source = join(import.meta.dirname, 'read-bandwidth.c');
      await runProgram('cc', ['-O3', '-march=native', '-pthread', '-o', program, source], { signal });
    } catch (error) {
      signal.throwIfAborted();
      return [
        {
          ...row,
          result: { notMeasured: `no peer: its C program does not compile here (${String(error).slice(0, 80)})` },
        },
      ];
    }
    const path = await place.model('1.5B-Q4_K_M');
    // Every weight is read once per token; the rest of the file, its vocabulary, is a few per mille.
    const bytes = (await stat(path)).size;
    const texts = textsOf('1.5B-Q4_K_M', 4);
    await using runtime = openRuntime();
    await using model = await loadModel(runtime, path, { threads, contextLength: 1024 });
    const ours = async (): Promise<number> =>
      ((await ourWriteSpeed(model, { text: texts(16), tokens: 48, signal })) * bytes) / 1e9;
    const read = async (): Promise<number> =>
      Number.parseFloat(await runProgram(program, [String(threads)], { signal }));
    return [{ ...row, result: await pairs(ours, read) }];
  },
};
