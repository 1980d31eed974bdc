import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchLine } from './bench-line.ts';
import { benchShape, chatPrompt, loadModel, openRuntime, templateTokens, textsOf, userMessage } from './our-runtime.ts';
import { quantile } from './paired-ratio.ts';
import { openRawLlama } from './raw-llama.ts';
import { fixedThreads, threadsText } from './speed-lines.ts';
import { timeAnswer, type TimedAnswer } from './timed-answer.ts';

type Ask = (tokens: number, signal: AbortSignal) => Promise<TimedAnswer>;

const longPrompt = 1024;
const shortPrompt = 16;

export const cancelLine: BenchLine = {
  name: 'cancel',
  async measure(context) {
    const { place, signal, pairs } = context;
    const shape = benchShape(context);
    const path = await place.model(shape);
    const threads = fixedThreads(context);
    const texts = textsOf(shape, 7);
    await using runtime = openRuntime();
    await using model = await loadModel(runtime, path, { threads, contextLength: 2048 });
    await using raw = await openRawLlama({ model: path, threads, context: 2048 });
    const ours: Ask = (tokens, stop) =>
      timeAnswer(
        model,
        { messages: [userMessage(texts(tokens - templateTokens))], maxTokens: 1 },
        { workClass: tokens > shortPrompt ? 'batch' : 'chat', signal: stop },
      );
    const theirs: Ask = (tokens, stop) =>
      raw.complete(chatPrompt(texts(tokens - templateTokens)), { maxTokens: 1, signal: stop });
    const alone = {
      ours: await shortAlone(ours, signal),
      theirs: await shortAlone(theirs, signal),
    };
    const result = await pairs(
      () => afterCancel(ours, alone.ours, signal),
      () => afterCancel(theirs, alone.theirs, signal),
    );
    return [
      {
        what: `cancelled 0.3 s into a prompt of ${longPrompt} tokens: time until the next request starts, ${threadsText(threads)}`,
        peer: 'node-llama-cpp alone',
        unit: 'ms',
        better: 'lower',
        target: 0.05,
        anchor: 'node-llama-cpp alone 12.2 s on a busy machine',
        result,
      },
    ];
  },
};

async function shortAlone(ask: Ask, signal: AbortSignal): Promise<number> {
  const values: number[] = [];
  for (let run = 0; run < 4; run += 1) {
    const { firstMs } = await ask(shortPrompt, signal);
    if (run > 0) values.push(firstMs);
  }
  return quantile(values, 0.5);
}

/** How much later than alone the first token of a request comes that is sent at the moment of a cancellation; at least a millisecond. */
async function afterCancel(ask: Ask, alone: number, signal: AbortSignal): Promise<number> {
  const cancel = new AbortController();
  const cancelled = ask(longPrompt, AbortSignal.any([signal, cancel.signal]));
  cancelled.catch(() => undefined);
  await sleep(300, undefined, { signal });
  cancel.abort();
  const { firstMs } = await ask(shortPrompt, signal);
  await cancelled.catch(() => undefined);
  return Math.max(1, firstMs - alone);
}
