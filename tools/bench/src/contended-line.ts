import { setTimeout as sleep } from 'node:timers/promises';
import type { CallOptions, Model } from '@nootropic/contracts';
import type { BenchContext, BenchLine, BenchRow } from './bench-line.ts';
import { startLlamaServer } from './llama-programs.ts';
import { benchShape, chatPrompt, loadModel, openRuntime, templateTokens, textsOf, userMessage } from './our-runtime.ts';
import { quantile, ratioOf } from './paired-ratio.ts';
import { fixedThreads, threadsText } from './speed-lines.ts';
import { timeAnswer, timeInfill, timeServerAnswer, type TimedAnswer } from './timed-answer.ts';

/** A completion of some 32 tokens that comes while a long prompt is read in the background. */
interface Program {
  background(signal: AbortSignal): Promise<TimedAnswer>;
  completion(signal: AbortSignal): Promise<TimedAnswer>;
}

interface Contended {
  readonly completion: TimedAnswer;
  readonly background: TimedAnswer;
}

const longPrompt = 1024;
const completionTokens = 8;
const bounds = [50, 100, 200, 400] as const;

export const contendedLine: BenchLine = {
  name: 'contended',
  async measure(context) {
    const { place, signal, pairs, quick, say } = context;
    const shape = benchShape(context);
    const path = await place.model(shape);
    const threads = fixedThreads(context);
    const texts = textsOf(shape, 5);
    const peer = await place.llama();
    const load = { threads, contextLength: 2048, sequences: 2 };

    await using runtime = openRuntime();
    await using model = await loadModel(runtime, path, load);
    const ours = oursOf(model, texts);
    // Alone comes first: after a completion the program expects more, and keeps its chunks small.
    const alone = await timesAlone(ours, quick ? 2 : 3, signal);
    const pause = Math.min(700, alone.background * 0.15);
    const runs: Contended[] = [];
    const completionMs = async (): Promise<number> => {
      const run = await contend(ours, pause, signal);
      runs.push(run);
      return run.completion.firstMs;
    };
    const toServer: Omit<BenchRow, 'result'> = {
      what: `time to the first token of a completion during a background prompt of ${longPrompt} tokens, ${threadsText(threads)}`,
      peer: 'llama-server -np 2',
      unit: 'ms',
      better: 'lower',
      target: 0.09,
      anchor: 'exclusive custom strategy in node-llama-cpp 0.39, chunks of 64 tokens 0.084',
    };
    let first: BenchRow;
    if (typeof peer === 'string') {
      for (let run = 0; run < (quick ? 2 : 5); run += 1) await completionMs();
      first = { ...toServer, result: { notMeasured: `no peer: ${peer}` } };
    } else {
      await using server = await startLlamaServer(peer, { model: path, threads, slots: 2, context: 2048, signal });
      const theirs: Program = {
        background: (stop) =>
          timeServerAnswer(server, { prompt: chatPrompt(texts(longPrompt - templateTokens)), maxTokens: 1 }, stop),
        completion: (stop) => timeServerAnswer(server, { ...gap(texts), maxTokens: completionTokens }, stop),
      };
      const result = await pairs(completionMs, async () => (await contend(theirs, pause, signal)).completion.firstMs);
      first = { ...toServer, result };
    }
    say('the curve between waiting and throughput');
    const curve = await measureCurve(path, { texts, pause, load, context });
    const slower = runs.map(({ background, completion }) => ({
      subject: background.totalMs - (completion.totalMs - completion.firstMs) - alone.completionFirst,
      peer: alone.background,
    }));
    return [
      { ...first, extras: curve },
      {
        what: 'the same',
        peer: 'alone on the machine',
        unit: 'ms',
        better: 'lower',
        target: 2,
        anchor: 'llama-server 28 to 41',
        result: ratioOf(runs.map(({ completion }) => ({ subject: completion.firstMs, peer: alone.completionFirst }))),
      },
      {
        what: 'the background prompt during it, less the time of the completion itself',
        peer: 'alone on the machine',
        unit: 'ms',
        better: 'lower',
        target: 1.15,
        anchor: 'chunks of 64 tokens 1.12, of 32 tokens 1.45',
        result: ratioOf(slower),
      },
    ];
  },
};

function gap(texts: (tokens: number) => string): { prefix: string; suffix: string } {
  return { prefix: texts(24), suffix: texts(5) };
}

function oursOf(model: Model, texts: (tokens: number) => string): Program {
  const batch: CallOptions = { workClass: 'batch', client: 'background' };
  return {
    background: (signal) =>
      timeAnswer(
        model,
        { messages: [userMessage(texts(longPrompt - templateTokens))], maxTokens: 1 },
        { ...batch, signal },
      ),
    completion: (signal) => timeInfill(model, { ...gap(texts), maxTokens: completionTokens }, { signal }),
  };
}

async function contend(program: Program, pause: number, signal: AbortSignal): Promise<Contended> {
  const background = program.background(signal);
  background.catch(() => undefined);
  await sleep(pause, undefined, { signal });
  const completion = await program.completion(signal);
  return { completion, background: await background };
}

async function timesAlone(
  program: Program,
  runs: number,
  signal: AbortSignal,
): Promise<{ background: number; completionFirst: number }> {
  const measure = async (part: keyof Program, of: (answer: TimedAnswer) => number): Promise<number> => {
    const values: number[] = [];
    for (let run = 0; run <= runs; run += 1) {
      const value = of(await program[part](signal));
      // The first run also makes room for the context.
      if (run > 0) values.push(value);
    }
    return quantile(values, 0.5);
  };
  return {
    background: await measure('background', ({ totalMs }) => totalMs),
    completionFirst: await measure('completion', ({ firstMs }) => firstMs),
  };
}

/** For several bounds on a unit of work: how long the completion waits, and what it costs the background. */
async function measureCurve(
  path: string,
  of: {
    texts: (tokens: number) => string;
    pause: number;
    load: { threads: number; contextLength: number };
    context: BenchContext;
  },
): Promise<NonNullable<BenchRow['extras']>> {
  const { signal, quick } = of.context;
  const points: { text: string }[] = [];
  for (const bound of quick ? bounds.slice(0, 1) : bounds) {
    await using runtime = openRuntime({ blockingMs: bound });
    await using model = await loadModel(runtime, path, of.load);
    const program = oursOf(model, of.texts);
    const alone = await timesAlone(program, 1, signal);
    const runs: Contended[] = [];
    for (let run = 0; run < (quick ? 1 : 2); run += 1) runs.push(await contend(program, of.pause, signal));
    const first = quantile(
      runs.map(({ completion }) => completion.firstMs),
      0.5,
    );
    const background = quantile(
      runs.map((run) => run.background.totalMs),
      0.5,
    );
    const cost = (background / alone.background - 1) * 100;
    points.push({
      text: `bound ${bound} ms: ${first.toFixed(0)} ms, background ${cost >= 0 ? '+' : ''}${cost.toFixed(0)} %`,
    });
  }
  return points;
}
