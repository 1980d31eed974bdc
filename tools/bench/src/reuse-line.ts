import type { Message, Model, ModelRuntime } from '@nootropic/contracts';
import type { BenchLine, BenchRow } from './bench-line.ts';
import { startLlamaServer } from './llama-programs.ts';
import { benchShape, chatPrompt, loadModel, openRuntime, templateTokens, textsOf, userMessage } from './our-runtime.ts';
import type { PairedRatio } from './paired-ratio.ts';
import { fixedThreads } from './speed-lines.ts';
import { timeAnswer, timeServerAnswer } from './timed-answer.ts';

const held = 480;
const added = 32;
/** Tokens that the template puts between an answer and the next message, and the last of the answer itself. */
const closing = 3;

/** What happens between the two turns of a conversation. */
type Between = 'nothing' | 'restart' | 'swap';

export const reuseLine: BenchLine = {
  name: 'reuse',
  async measure(context) {
    const { place, signal, pairs, quick } = context;
    const shape = benchShape(context);
    const path = await place.model(shape);
    const other = await place.model('tiny');
    const threads = fixedThreads(context);
    const texts = textsOf(shape, 9);
    await using folder = await place.folder();
    const load = { threads, contextLength: 2048 };
    let runtime: ModelRuntime = openRuntime({ stateDir: folder.path });
    let model: Model = await loadModel(runtime, path, load);
    let conversation = 0;

    const pass = async (between: Between): Promise<void> => {
      if (between === 'nothing') return;
      await model[Symbol.asyncDispose]();
      if (between === 'restart') {
        await runtime[Symbol.asyncDispose]();
        runtime = openRuntime({ stateDir: folder.path });
      } else {
        await using swapped = await loadModel(runtime, other, { threads, contextLength: 512 });
        await timeAnswer(swapped, { messages: [userMessage('other')], maxTokens: 1 }, { signal });
      }
      model = await loadModel(runtime, path, load);
      // What loading leaves to the first call is not part of the turn.
      await timeAnswer(model, { messages: [userMessage(texts(4))], maxTokens: 1 }, { signal });
    };
    /** A conversation of two turns: time to the first token of the second, and how much of it was held. */
    const secondTurn = async (between: Between): Promise<number> => {
      const session = `bench-${(conversation += 1)}`;
      const opening: Message[] = [userMessage(texts(held - templateTokens))];
      const first = await timeAnswer(model, { messages: opening, maxTokens: 8 }, { session, signal });
      await pass(between);
      const answer: Message = { role: 'assistant', content: first.text };
      const messages = [...opening, answer, userMessage(texts(added - templateTokens - closing))];
      const second = await timeAnswer(model, { messages, maxTokens: 1 }, { session, signal });
      reused.push(second.tokens.reused / (second.tokens.reused + second.tokens.read));
      return second.firstMs;
    };
    const cold = async (): Promise<number> => {
      const messages = [userMessage(texts(held + added - templateTokens))];
      return (await timeAnswer(model, { messages, maxTokens: 1 }, { signal })).firstMs;
    };
    let reused: number[] = [];
    const rowOf = async (
      between: Between,
      row: { what: string; target: number; anchor: string },
    ): Promise<BenchRow> => {
      reused = [];
      const result = await pairs(
        () => secondTurn(between),
        cold,
        between === 'nothing' || quick ? {} : { pairs: 5, warmUp: 0 },
      );
      const least = Math.min(...reused);
      return {
        ...row,
        peer: `a new conversation of ${held + added} tokens`,
        unit: 'ms',
        better: 'lower',
        result,
        extras: [{ text: `at least ${(least * 100).toFixed(0)} % of its tokens were held` }],
      };
    };
    try {
      const rows = [
        await rowOf('nothing', {
          what: `time to the first token of a second turn of ${added} new tokens after ${held}`,
          target: 0.1,
          anchor: 'node-llama-cpp alone 0.099',
        }),
        await rowOf('restart', {
          what: 'the same after a restart of the program',
          target: 0.12,
          anchor: 'state file of node-llama-cpp, read in 4 to 30 ms',
        }),
        await rowOf('swap', {
          what: 'the same after another model took its place',
          target: 0.12,
          anchor: 'state file of node-llama-cpp, read in 4 to 30 ms',
        }),
      ];
      const theirs = await serverReuse();
      const note =
        typeof theirs === 'string'
          ? `llama-server not measured: no peer: ${theirs}`
          : `llama-server with its own cache: ${theirs.ratio.toFixed(3)}`;
      return rows.map((row, at) => (at === 0 ? { ...row, extras: [...(row.extras ?? []), { text: note }] } : row));
    } finally {
      await model[Symbol.asyncDispose]();
      await runtime[Symbol.asyncDispose]();
    }

    async function serverReuse(): Promise<PairedRatio | string> {
      const peer = await place.llama();
      if (typeof peer === 'string') return peer;
      await using server = await startLlamaServer(peer, { model: path, threads, slots: 1, context: 2048, signal });
      const ask = (prompt: string, maxTokens: number) =>
        timeServerAnswer(server, { prompt, maxTokens, reuse: true }, signal);
      return await pairs(
        async () => {
          const opening = chatPrompt(texts(held - templateTokens));
          const first = await ask(opening, 8);
          return (
            await ask(`${opening}${first.text}<|im_end|>\n${chatPrompt(texts(added - templateTokens - closing))}`, 1)
          ).firstMs;
        },
        async () => (await ask(chatPrompt(texts(held + added - templateTokens)), 1)).firstMs,
      );
    }
  },
};
