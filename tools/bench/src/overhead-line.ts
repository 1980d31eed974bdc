import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { BenchLine } from './bench-line.ts';
import { chatPrompt, loadModel, openRuntime, ourWriteSpeed, textsOf } from './our-runtime.ts';
import { openRawLlama } from './raw-llama.ts';
import { writeSpeed } from './timed-answer.ts';

/** Milliseconds that a token may cost more than in one's own process, and that the host's event loop may lag. */
const mostAdded = 0.15;
const mostLag = 10;

export const overheadLine: BenchLine = {
  name: 'overhead',
  async measure({ place, signal, pairs, quick }) {
    const path = await place.model('tiny');
    const tokens = quick ? 128 : 512;
    const texts = textsOf('tiny', 11);
    await using runtime = openRuntime();
    await using model = await loadModel(runtime, path, { threads: 1, contextLength: 1024 });
    await using raw = await openRawLlama({ model: path, threads: 1, context: 1024 });
    const lag = monitorEventLoopDelay({ resolution: 1 });
    const result = await pairs(
      async () => {
        lag.enable();
        const speed = await ourWriteSpeed(model, { text: texts(16), tokens, signal });
        lag.disable();
        return 1_000 / speed;
      },
      async () => {
        const prompt = chatPrompt(texts(16));
        return 1_000 / (await writeSpeed((maxTokens) => raw.complete(prompt, { maxTokens, signal }), tokens));
      },
    );
    const added = result.subject - result.peer;
    // The delay that is measured holds the millisecond between two looks.
    const lagMs = lag.percentile(99) / 1e6 - 1;
    return [
      {
        what: 'time per token of a model of 8 MB through the model process, 1 thread',
        peer: 'node-llama-cpp in the same process',
        unit: 'ms',
        better: 'lower',
        anchor: 'node-llama-cpp alone 0.6 ms per token',
        result,
        extras: [
          { text: `adds ${added.toFixed(3)} ms per token (at most ${mostAdded})`, holds: added <= mostAdded },
          {
            text: `event loop of the host lags ${lagMs.toFixed(1)} ms at p99 (at most ${mostLag})`,
            holds: lagMs <= mostLag,
          },
        ],
      },
    ];
  },
};
