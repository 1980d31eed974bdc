import type { BenchLine } from './bench-line.ts';
import { benchShape, loadModel, openRuntime, textsOf, userMessage } from './our-runtime.ts';
import { fixedThreads, threadsText } from './speed-lines.ts';
import { timeAnswer, writeSpeed } from './timed-answer.ts';

/*
 * A model with random weights cannot be made to repeat its prompt, but told greedily it soon repeats itself, and its own greedy answer can
 * be put into the prompt. So how much guessing gains is measured where nearly every guess is right; what wrong guesses cost, at a high
 * temperature, where nearly none is. Shares of right guesses between these are not measurable here.
 */
export const lookupLine: BenchLine = {
  name: 'lookup',
  async measure(context) {
    const { place, signal, pairs, quick } = context;
    const shape = benchShape(context);
    const path = await place.model(shape);
    const threads = fixedThreads(context);
    const tokens = quick ? 48 : 96;
    const texts = textsOf(shape, 12);
    await using runtime = openRuntime();
    await using model = await loadModel(runtime, path, { threads, contextLength: 2048 });
    const opening = texts(24);
    const known = await timeAnswer(model, { messages: [userMessage(opening)], maxTokens: tokens }, { signal });
    const said = new Set<string>();
    const write = (lookup: 'auto' | 'off', temperature: number): Promise<number> => {
      const messages = [userMessage(`${opening}${known.text}${known.text}`)];
      const how = { messages, lookup, temperature, ...(temperature > 0 && { topK: 0, topP: 1 }) };
      return writeSpeed(async (maxTokens) => {
        const answer = await timeAnswer(model, { ...how, maxTokens }, { signal });
        if (temperature === 0 && maxTokens > tokens) said.add(answer.text);
        return answer;
      }, tokens);
    };
    const repeating = await pairs(
      () => write('auto', 0),
      () => write('off', 0),
    );
    const wild = await pairs(
      () => write('auto', 1.5),
      () => write('off', 1.5),
    );
    const row = { peer: 'the same without guessing', unit: 'tok/s', better: 'higher' } as const;
    return [
      {
        ...row,
        what: `generation with guesses from the prompt, of a text that repeats itself, ${threadsText(threads)}`,
        target: 1,
        result: repeating,
        extras: [
          {
            text: said.size === 1 ? 'the text is the same' : `${said.size} different texts`,
            holds: said.size === 1,
          },
        ],
      },
      {
        ...row,
        what: `the same of a text that does not repeat, ${threadsText(threads)}`,
        // As fast as without, within what a measurement can tell.
        target: 0.97,
        anchor: 'should never be below 1',
        result: wild,
      },
    ];
  },
};
