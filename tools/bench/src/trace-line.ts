import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchLine, BenchRow } from './bench-line.ts';
import { startLlamaServer } from './llama-programs.ts';
import { mixedTrace, shareOf, type TraceSample } from './mixed-trace.ts';
import { benchShape, chatPrompt, loadModel, openRuntime, templateTokens, textsOf, userMessage } from './our-runtime.ts';
import { quantile, ratioOf } from './paired-ratio.ts';
import { fixedThreads } from './speed-lines.ts';
import { timeAnswer, timeInfill, timeServerAnswer, type TimedAnswer } from './timed-answer.ts';

/** The three kinds of work of the trace, done by one program. */
interface Worker {
  completion(signal: AbortSignal): Promise<TimedAnswer>;
  chat(signal: AbortSignal): Promise<TimedAnswer>;
  /** Reads a prompt of `backgroundTokens`. */
  background(signal: AbortSignal): Promise<TimedAnswer>;
}

interface TraceRun {
  readonly samples: readonly TraceSample[];
  /** Background tokens per second, during the trace and alone before it. */
  readonly background: number;
  readonly backgroundAlone: number;
}

interface Alone {
  readonly completion: number;
  readonly chat: number;
}

const backgroundTokens = 256;
/** A deadline is this many times what the request takes alone. */
const slack = 1.5;
const usual = { completion: 300, chat: 2_000 } as const;

export const traceLine: BenchLine = {
  name: 'trace',
  async measure(context) {
    const { place, signal, quick, say } = context;
    const shape = benchShape(context);
    const path = await place.model(shape);
    const threads = fixedThreads(context);
    const texts = textsOf(shape, 6);
    const rounds = quick ? 1 : 3;
    const durationMs = quick ? 5_000 : 20_000;

    const measure = async (worker: Worker): Promise<{ runs: TraceRun[]; alone: Alone }> => {
      const alone = await timesAlone(worker, signal);
      const runs: TraceRun[] = [];
      for (let round = 0; round < rounds; round += 1) runs.push(await replay(worker, durationMs, signal));
      return { runs, alone };
    };
    let ours;
    {
      await using runtime = openRuntime();
      await using model = await loadModel(runtime, path, { threads, contextLength: 2048, sequences: 3 });
      ours = await measure({
        completion: (stop) =>
          timeInfill(model, { prefix: texts(24), suffix: texts(5), maxTokens: 4 }, { signal: stop, client: 'editor' }),
        chat: (stop) =>
          timeAnswer(
            model,
            { messages: [userMessage(texts(64 - templateTokens))], maxTokens: 16 },
            { signal: stop, workClass: 'chat', client: 'chat' },
          ),
        background: (stop) =>
          timeAnswer(
            model,
            { messages: [userMessage(texts(backgroundTokens - templateTokens))], maxTokens: 1 },
            { signal: stop, workClass: 'batch', client: 'index' },
          ),
      });
    }
    say('the same trace on llama-server');
    const peer = await place.llama();
    let theirs;
    if (typeof peer !== 'string') {
      await using server = await startLlamaServer(peer, { model: path, threads, slots: 3, context: 2048, signal });
      theirs = await measure({
        completion: (stop) => timeServerAnswer(server, { prefix: texts(24), suffix: texts(5), maxTokens: 4 }, stop),
        chat: (stop) =>
          timeServerAnswer(server, { prompt: chatPrompt(texts(64 - templateTokens)), maxTokens: 16 }, stop),
        background: (stop) =>
          timeServerAnswer(
            server,
            { prompt: chatPrompt(texts(backgroundTokens - templateTokens)), maxTokens: 1 },
            stop,
          ),
      });
    }
    return rowsOf(ours, theirs);
  },
};

type Measured = { readonly runs: readonly TraceRun[]; readonly alone: Alone };

function rowsOf(ours: Measured, theirs: Measured | undefined): BenchRow[] {
  const met = ({ runs, alone }: Measured, kind: 'completion' | 'chat'): number[] =>
    runs.map(({ samples }) => shareOf(samples, kind, ({ totalMs }) => totalMs <= slack * alone[kind]));
  const rows = (['completion', 'chat'] as const).map((kind): BenchRow => {
    const within = ({ runs }: Measured): string => {
      const all = runs.flatMap(({ samples }) => samples);
      const share = shareOf(all, kind, ({ firstMs }) => firstMs <= usual[kind]);
      return `${percent(share)} had the first token within ${usual[kind]} ms`;
    };
    return {
      what: `mixed trace: share of ${kind} requests done in ${slack} times what they take alone (${ours.alone[kind].toFixed(0)} ms)`,
      peer: 'all of them',
      unit: '%',
      better: 'higher',
      target: 0.95,
      anchor: 'llama-server near 0',
      result: ratioOf(met(ours, kind).map((share) => ({ subject: share * 100, peer: 100 }))),
      extras: [
        { text: within(ours) },
        theirs === undefined
          ? { text: 'llama-server not measured: no peer' }
          : {
              text: `llama-server -np 3: ${percent(quantile(met(theirs, kind), 0.5))} of its own, ${within(theirs)}`,
            },
      ],
    };
  });
  const speeds = ({ runs }: Measured) =>
    ratioOf(runs.map(({ background, backgroundAlone }) => ({ subject: background, peer: backgroundAlone })));
  return [
    ...rows,
    {
      what: 'mixed trace: prompt tokens that the background reads meanwhile',
      peer: 'alone on the machine',
      unit: 'tok/s',
      better: 'higher',
      target: 0.8,
      result: speeds(ours),
      extras: theirs ? [{ text: `llama-server -np 3: ${speeds(theirs).ratio.toFixed(2)} of its own` }] : [],
    },
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

async function timesAlone(worker: Worker, signal: AbortSignal): Promise<Alone> {
  const measure = async (kind: keyof Alone): Promise<number> => {
    const values: number[] = [];
    for (let run = 0; run < 6; run += 1) {
      const { totalMs } = await worker[kind](signal);
      if (run > 0) values.push(totalMs);
    }
    return quantile(values, 0.5);
  };
  return { completion: await measure('completion'), chat: await measure('chat') };
}

async function replay(worker: Worker, durationMs: number, signal: AbortSignal): Promise<TraceRun> {
  const backgroundAlone = await readOn(worker, durationMs / 3, signal);
  const samples: TraceSample[] = [];
  const start = performance.now();
  const requests = mixedTrace(durationMs).map(async ({ kind, at }) => {
    await sleep(Math.max(0, start + at - performance.now()), undefined, { signal });
    const { firstMs, totalMs } = await worker[kind](signal);
    samples.push({ kind, firstMs, totalMs });
  });
  const [background] = await Promise.all([readOn(worker, durationMs, signal), ...requests]);
  return { samples, background, backgroundAlone };
}

/** Reads one prompt after the other for this long; tokens per second. */
async function readOn(worker: Worker, durationMs: number, signal: AbortSignal): Promise<number> {
  const start = performance.now();
  let tokens = 0;
  while (performance.now() - start < durationMs) {
    signal.throwIfAborted();
    tokens += (await worker.background(signal)).tokens.read;
  }
  return (tokens / (performance.now() - start)) * 1_000;
}
