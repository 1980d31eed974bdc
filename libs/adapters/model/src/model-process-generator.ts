import type { ComputeGate, GenerateRequest, ModelAbility, PromptParts } from '@nootropic/contracts';
import type { LlamaModel, Token } from 'node-llama-cpp';
import { textsOf } from './model-process-alignment.ts';
import {
  answer,
  callFromMarker,
  chatWrapperOf,
  fillGap,
  goOn,
  rawTokens,
  type Ending,
  type Speaker,
} from './model-process-answer.ts';
import {
  basis,
  unsupported,
  type ContextOptions,
  type HeldModel,
  type Job,
  type Library,
} from './model-process-held.ts';
import { createLookup } from './model-process-predictor.ts';
import { createPromptTokens } from './model-process-prompt.ts';
import type { GatedSequence } from './model-process-sequence.ts';
import { createSequences, type Reading, type Sequences } from './model-process-sequences.ts';
import { commonLength, type SavedStates } from './model-process-states.ts';

export interface GeneratorParts {
  readonly library: Library;
  readonly model: LlamaModel;
  readonly gate: ComputeGate;
  readonly states: SavedStates | undefined;
  readonly swap: SavedStates;
}

/** Context of the sequence that fills gaps, beside that of the chat. */
const gapContext = 2048;

export async function holdGenerator(parts: GeneratorParts, options: ContextOptions): Promise<HeldModel> {
  const { library, model, gate, states, swap } = parts;
  const now = () => performance.now();
  const openContext = (size: number, sequences: number) => {
    // A context takes no more threads than this is now, for good; each unit of work sets it anew.
    model.llama.maxThreads = options.threads;
    const { contextSize, batchSize, ...rest } = options;
    const own = Math.min(size, contextSize);
    return model.createContext({ ...rest, contextSize: own, batchSize: Math.min(batchSize, own), sequences });
  };
  const texts = textsOf(model);
  const chats = createSequences({
    open: () => openContext(options.contextSize, options.sequences ?? 1),
    texts,
    gate,
    states,
    swap,
    now,
  });
  // Opened when a gap is first filled: it costs memory, and most who chat never fill one.
  const gaps = createSequences({ open: () => openContext(gapContext, 1), texts, gate, states: undefined, swap, now });
  const wrapper = callFromMarker(parts, chatWrapperOf(library, model));
  const { infill } = model.tokens;
  const fills = infill.prefix !== null && infill.suffix !== null;
  const can: ModelAbility[] = ['generate', 'tools', 'json-schema', ...(fills ? (['infill'] as const) : [])];
  const speaker: Speaker = { library, model, wrapper, size: options.contextSize, lookup: createLookup() };
  const tokensOf = createPromptTokens(speaker);
  // So that a model that does not fit fails at its load, not at its first question.
  await chats.wake();

  const run = async (
    job: Job,
    place: { readonly sequences: Sequences; readonly reading: Reading },
    work: (gated: GatedSequence, prompt: readonly Token[]) => Promise<Ending>,
  ): Promise<void> =>
    place.sequences.use(job, place.reading, async (gated, loan, prompt) => {
      const finish = (ending: Ending): void => job.emit({ type: 'finish', ...ending, tokens: loan.counts() });
      const aborted: Ending = { reason: 'aborted' };
      try {
        const ending = await work(gated, prompt);
        finish(job.signal.aborted ? aborted : ending);
      } catch (error) {
        if (!job.signal.aborted) throw error;
        finish(aborted);
      }
    });

  return {
    ...basis(model),
    count: (what) => (typeof what === 'string' ? model.tokenize(what) : tokensOf(what)).length,
    loaded: { can, contextLength: options.contextSize, dimensions: 0 },
    async generate(request, job) {
      const reading = readingOf(tokensOf, request, job);
      await run(job, { sequences: chats, reading }, (gated, prompt) =>
        answer(speaker, { gated, request, job, prompt, asTokenized: reading.tokens }),
      );
    },
    async infill(request, job) {
      if (request.raw === true) {
        const reading = { tokens: rawTokens(model, request.prefix), session: job.session };
        await run(job, { sequences: chats, reading }, (gated, prompt) =>
          goOn(speaker, { gated, request, job, prompt }),
        );
        return;
      }
      if (!fills) unsupported('fill gaps');
      await run(job, { sequences: gaps, reading: { tokens: [] } }, (gated) =>
        fillGap(speaker, { gated, request, job }),
      );
    },
    view() {
      const { sequences, held, busy } = chats.view();
      return { sequences, held, busy: busy || gaps.view().busy };
    },
    async shrink(step) {
      if (step === 'caches') return gaps.rest();
      const rested = await Promise.all([gaps.rest(), chats.rest()]);
      return rested.includes(true);
    },
    keep: () => chats.keep(),
    async dispose() {
      await chats.keep();
      await model.dispose();
    },
  };
}

/** The prompt as the model will read it, so that the conversation that holds most of it can be found before. */
function readingOf(tokensOf: (prompt: PromptParts) => Token[], request: GenerateRequest, job: Job): Reading {
  const tokens = tokensOf(request);
  const [first] = request.messages;
  if (first?.role !== 'system') return { tokens, session: job.session };
  const shared = (): number =>
    commonLength(tokens, tokensOf({ ...request, messages: [first, { role: 'user', content: '' }] }));
  return { tokens, session: job.session, shared };
}
